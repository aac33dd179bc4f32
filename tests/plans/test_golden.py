"""The golden bundle: made once, on another machine, and still verified, replayed and run by its own script.

``python -m gnomon.eval.golden_bundle`` makes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gnomon.plans import bundle
from gnomon.plans.replay import replay
from gnomon.plans.run import Run
from gnomon.plans.script_check import check_script
from gnomon.plans.verify import verify
from gnomon.tools.registry import Registry

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "velocity_periodogram.zip"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with bundle.opened(GOLDEN) as folder:
        yield folder


def test_verifies(folder: Path) -> None:
    assert not [str(f) for c in verify(folder) for f in c.faults]


def test_replays(folder: Path) -> None:
    found = replay(folder, Registry.load())
    assert found.verdict in ("equal", "equal within tolerance"), (found.cause, found.rows)
    assert {r["verdict"] for r in found.rows if r["comparison"] != "view"} <= {"identical", "within tolerance"}
    assert len(found.rows) == 5


def test_its_own_script_still_makes_the_same(folder: Path) -> None:
    checked = check_script(Run(folder))
    assert checked.verdict in ("equal", "equal within tolerance"), checked.why

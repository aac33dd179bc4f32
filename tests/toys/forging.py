"""What a forger would do to the record of a run, so that tests can see it found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gnomon.plans.canonical import canonical
from gnomon.plans.journal import GENESIS, _line_digest
from gnomon.plans.run import Run


def rechain(run: Run, change: Callable[[dict[str, Any]], None]) -> None:
    """Alter events of the journal and chain all of them anew."""
    previous, lines = GENESIS, []
    for event in run.events():
        change(event)
        line = canonical({**event, "prev": previous})
        previous = _line_digest(line)
        lines.append(line + b"\n")
    (run.folder / "journal.jsonl").write_bytes(b"".join(lines))

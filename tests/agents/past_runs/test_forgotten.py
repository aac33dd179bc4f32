"""What was forgotten: a chained record beside the runs; where it was altered, nothing may be recalled."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.agents.past_runs.forgotten import RECORD, Forgotten
from gnomon.tools.errors import JournalError


def test_what_is_forgotten_stays_so(tmp_path: Path) -> None:
    assert Forgotten(tmp_path).gone().runs == frozenset()
    forgotten = Forgotten(tmp_path)
    forgotten.forget_runs(["a", "b"])
    forgotten.forget_edits("c")
    forgotten.forget_places("d", ["t.x"])
    forgotten.forget_places("e", [])
    gone = Forgotten(tmp_path).gone()
    assert gone.runs == {"a", "b"}
    assert [gone.edit(r, p) for r, p in (("a", "t.x"), ("c", "t.x"), ("d", "t.x"), ("d", "t.y"), ("e", "t.x"))] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_an_altered_record_is_not_trusted(tmp_path: Path) -> None:
    forgotten = Forgotten(tmp_path)
    forgotten.forget_runs(["a", "b"])
    path = tmp_path / RECORD
    path.write_text(path.read_text().replace('"a"', '"z"'))
    with pytest.raises(JournalError):
        forgotten.gone()

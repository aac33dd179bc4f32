"""Runs of a folder: their names are in the order in which they were made."""

from __future__ import annotations

from pathlib import Path

from gnomon.plans.run import Run, new_identifier


def test_names_sort_as_runs_were_made_within_a_second_too(tmp_path: Path) -> None:
    names = [new_identifier() for _n in range(300)]
    stems = [n[:-3] for n in names]  # what follows is by chance
    assert stems == sorted(stems)
    assert len(set(names)) == len(names)
    moments = list(dict.fromkeys(stems))
    assert len(moments) > 1  # else nothing is told apart
    for stem in reversed(moments):
        (tmp_path / next(n for n in names if n.startswith(stem))).mkdir()
    assert [run.id[:-3] for run in Run.all(tmp_path)] == moments
    assert Run.find(tmp_path, "last").id[:-3] == moments[-1]

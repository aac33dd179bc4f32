"""Processes that import ArviZ at the same moment, on its first import of a day."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from pathlib import Path

from gnomon.tools.arviz_import import import_arviz

# The other process is played by the file system: its note is there, and ours gone, when this one wants to rename.
_RACE = """
import pathlib, sys
rename, left = pathlib.Path.replace, [{times}]
def replace(self, target):
    if self.name == "daily_warning.tmp" and left[0]:
        left[0] -= 1
        rename(self, target)
    return rename(self, target)
pathlib.Path.replace = replace
from gnomon.tools.arviz_import import import_arviz
print(import_arviz().InferenceData.__name__)
"""


def _in_new_process(times: int, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", _RACE.format(times=times)],
        env={**os.environ, "XDG_CACHE_HOME": str(cache), "HOME": str(cache)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_another_process_that_is_faster_does_no_harm(tmp_path: Path) -> None:
    done = _in_new_process(1, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "InferenceData"
    assert not done.stderr, "the announcement of ArviZ's successor says nothing about a result"
    notes = list(tmp_path.rglob("daily_warning"))
    assert [n.read_text() for n in notes] == [datetime.date.today().isoformat()], "this is the file that is raced for"


def test_the_library_is_the_one_that_is_there() -> None:
    import arviz

    assert import_arviz() is arviz

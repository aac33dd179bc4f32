"""What a person sees of how far a step is: one bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest

from gnomon.interfaces.progress import Lines, how_far, shown

SHOW = """
import time
from gnomon.interfaces.progress import shown
with shown(False) as told:
    told("run.started", {})
    told("step.started", {"step": "stars"})
    for n in range(6):
        told("step.progressed", {"step": "stars", "tool": "t", "done": 2000 * n, "total": 10000, "what": "objects", "failed": n})
        time.sleep(0.15)
    told("step.finished", {"step": "stars", "seconds": 1.0})
    told("run.finished", {})
"""


@pytest.mark.parametrize(
    ("speed", "rest"),
    [
        (None, ""), (0.01, ", 0.6/min, about 19.4 h left"), (2.5, ", 2.5/s, about 5 min left"), (40.0, ", 40/s, about 18 s left"),
        (1000.0, ", 1000/s, about 1 s left"),
    ],
)  # fmt: skip
def test_how_far_in_words(speed: float | None, rest: str) -> None:
    assert how_far(300, 1000, "objects", 2, speed) == f"300 of 1,000 objects, 2 failed{rest}"
    assert how_far(1000, 1000, "names", 0, speed) == "1,000 of 1,000 names"


def events(*done: int) -> list[dict[str, Any]]:
    return [{"step": "stars", "tool": "t", "done": n, "total": 1000, "what": "objects", "failed": 0} for n in done]


def test_a_line_for_each_tenth_and_none_for_what_is_quick() -> None:
    now, lines = [0.0], []
    told = Lines(lines.append, lambda: now[0])
    told("step.started", {"step": "stars"})
    for fields in events(*range(0, 1001, 10)):
        told("step.progressed", fields)
        now[0] += 1.0
    told("step.finished", {"step": "stars", "seconds": 101.0})
    assert lines[0] == "  stars: 100 of 1,000 objects, 10/s, about 90 s left".replace("90 s", "2 min")
    assert [re.search(r"[\d,]+ of", line)[0] for line in lines[:-1]] == [f"{n} of" for n in (100, 200, 300, 400, 500, 600, 700, 800, 900, "1,000")]  # type: ignore[index]  # fmt: skip
    assert lines[-1] == "  stars: done, 101.0 s"
    lines.clear()
    told("step.started", {"step": "stars"})
    for fields in events(*range(0, 1001, 100)):
        told("step.progressed", fields)
        now[0] += 0.1
    assert lines == []


def test_a_resumed_step_is_not_said_to_be_faster_than_it_is() -> None:
    now, lines = [0.0], []
    told = Lines(lines.append, lambda: now[0])
    for fields in events(500, 600):  # half was there when it was heard of first
        told("step.progressed", fields)
        now[0] += 10.0
    assert lines == ["  stars: 600 of 1,000 objects, 10/s, about 40 s left"]


def test_with_json_nothing_is_said() -> None:
    with shown(True) as told:
        assert told is None


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no terminals to pretend here")
def test_one_bar_in_a_terminal() -> None:
    leader, follower = os.openpty()
    environment = {**os.environ, "COLUMNS": "140", "TERM": "xterm"}
    process = subprocess.Popen([sys.executable, "-c", SHOW], stdin=follower, stdout=follower, stderr=follower, env=environment)  # fmt: skip
    os.close(follower)
    said = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # Linux says so when nobody writes any more
            break
        if not piece:
            break
        said += piece
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", said.decode())
    assert re.search(r"stars ━+[^\n]*[2468],000 of 10,000 objects, [1-4] failed, \d+/s, about \d+ s left", text), text
    assert "stars: done, 1.0 s" in text


def test_nothing_of_a_bar_where_output_goes_elsewhere() -> None:
    done = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "stars: done, 1.0 s"
    assert done.stdout == ""

"""How far a step is: what is passed on of what a tool says, and that nothing is where nobody listens."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gnomon.plans.source import compose, lift
from gnomon.tools import progress as module
from gnomon.tools.progress import Progress, progress_in, progress_noted, progressed


def test_nothing_happens_where_nobody_listens(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    progressed(1, 10, "objects")
    with progress_noted(""):
        progressed(1, 10, "objects")
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_the_last_word_is_there_and_little_else_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    path = tmp_path / "how far"
    seen = []
    with progress_noted(str(path)):
        for done in range(10_001):
            now[0] += 0.001
            progressed(done, 10_000, "objects", failed=done // 100)
            told = progress_in(path)
            if not seen or told != seen[-1]:
                seen.append(told)
    assert progress_in(path) == Progress(10_000, 10_000, "objects", 100)  # ten seconds after the first
    assert 30 <= len(seen) <= 42
    progressed(1, 2, "objects")  # nobody listens any more
    assert progress_in(path) == Progress(10_000, 10_000, "objects", 100)
    assert [p.name for p in tmp_path.iterdir()] == ["how far"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"done": 1}', b'{"done": "x", "total": 1, "what": "", "failed": 0}']
)
def test_a_file_that_says_nothing_is_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "how far"
    assert progress_in(path) is None
    path.write_bytes(content)
    assert progress_in(path) is None


def test_a_disk_that_refuses_does_not_end_the_step(tmp_path: Path) -> None:
    with progress_noted(str(tmp_path / "not there" / "file")):
        progressed(1, 2, "objects")


def test_a_script_carries_it_and_it_does_nothing_there(tmp_path: Path) -> None:
    composed = compose([lift(progressed)])
    text = "\n".join(["from __future__ import annotations", composed.imports, *(t for _, t in composed.texts)])
    script = tmp_path / "script.py"
    script.write_text(f"{text}\nimport json\nprint(json.dumps(progressed(1, 2, 'objects')))\n")
    done = subprocess.run([sys.executable, "-I", str(script)], capture_output=True, text=True, check=True)
    assert (json.loads(done.stdout), done.stderr) == (None, "")
    assert "gnomon" not in text

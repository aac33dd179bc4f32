"""What is put in is counted, and what cannot be read is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gnomon.eval.literature import ingesting


def test_plain_text_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    (tmp_path / "a.md").write_text("# A\n\n" + "The period of the star is 3.5 days. " * 250)
    (tmp_path / "b.txt").write_text("The flat field is divided out.\n")
    (tmp_path / "c.txt").write_bytes(b"\x00\x01\x02")
    (tmp_path / "d.html").write_text("<html><body><p>Not plain.</p></body></html>")
    monkeypatch.setattr(sys, "argv", ["ingesting", str(tmp_path)])

    assert ingesting.main() == 0
    first, words, vectors, both, failed = capsys.readouterr().out.splitlines()
    assert first.startswith("3 files, 1 not read, 3 pages, ") and "passages" in first
    n = first.split()
    assert n[n.index("passages,") - 1] == n[n.index("vectors") - 1]
    rates = [float(line.split()[1]) for line in (words, vectors, both)]
    # Both take as long as the one and the other.
    assert 1 / rates[2] == pytest.approx(1 / rates[0] + 1 / rates[1], rel=0.2) and rates[2] <= rates[1]
    assert failed.startswith("not read: c.txt: ")

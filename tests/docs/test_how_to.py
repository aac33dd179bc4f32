"""What the documentation shows is so."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from gnomon.tools.registry import Registry

ROOT = Path(__file__).resolve().parents[2]


def test_the_tool_of_the_how_to_is_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "how-to" / "write-a-tool.md").read_text(encoding="utf-8")
    (tmp_path / "how_to_tool.py").write_text(re.findall(r"```python\n(.*?)```", text, flags=re.S)[0], encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry.of_modules([importlib.import_module("how_to_tool")])
    assert list(registry) == ["measure_scatter"]


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_no_path_of_one_machine_is_tracked() -> None:
    import subprocess

    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("NOT TESTED: not a git checkout")
    homes = re.compile(rb"(?<![\w.])/(?:home|root|work|Users)/[a-z]")
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and not path.is_symlink() and path != Path(__file__):
            assert not homes.search(path.read_bytes()), name

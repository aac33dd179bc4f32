"""The notes on methods: their form, their sources, and that every tool has one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gnomon.knowledge.literature import method_notes
from gnomon.knowledge.literature.method_notes import note_files
from gnomon.knowledge.literature.parsing.markdown import parse_markdown
from gnomon.tools.registry import Registry

SECTIONS = ["What it measures", "Assumptions", "When it fails", "Typical numbers", "With Gnomon", "中文摘要"]
NOTES = note_files()


def _parts(path: Path) -> tuple[dict[str, Any], str]:
    head = re.match(r"---\n(.*?)\n---\n(.*)", path.read_text(encoding="utf-8"), re.S)
    assert head is not None
    return YAML(typ="safe", pure=True).load(head[1]), head[2]


def test_there_are_notes() -> None:
    assert len(NOTES) > 90


@pytest.mark.parametrize("path", NOTES, ids=lambda p: p.stem)
def test_form(path: Path) -> None:
    told, body = _parts(path)
    said = [line.removeprefix("## ").strip() for line in body.split("\n") if line.startswith("## ")]

    assert said == SECTIONS and body.lstrip().startswith(f"# {told['title']}\n")
    assert re.fullmatch(r"[a-z0-9-]+\.md", path.name) and re.search(r"[\u4e00-\u9fff]{2}", told["title_zh"])
    chinese = len(re.findall(r"[\u4e00-\u9fff]", body.partition("## 中文摘要")[2]))
    assert 150 <= chinese <= 400
    assert not parse_markdown(path.read_text(encoding="utf-8")).problems


@pytest.mark.parametrize("path", NOTES, ids=lambda p: p.stem)
def test_sources(path: Path) -> None:
    told, body = _parts(path)
    listed = {s["key"] for s in told["sources"]}
    cited = {k for group in re.findall(r"\[([A-Z][\w,; +-]+)\](?!\()", body) for k in re.split(r"[,;]\s*", group)}

    assert listed == cited and len(listed) >= 2 and len(told["sources"]) == len(listed)
    for source in told["sources"]:
        year = re.search(r"(?:1[89]|20)\d\d", source["citation"])
        assert year is not None
        assert re.fullmatch(
            r"(?:1[89]|20)\d\d[A-Za-z&.]{5}[\w.]{9}[A-Z.]", source.get("bibcode", "2000ApJ...529L..45C")
        )
        assert re.fullmatch(r"10\.\d{4,9}/\S+", str(source.get("doi", "10.1000/x")))
        assert re.fullmatch(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}", source.get("arxiv", "1712.05044"))
    numbers = body.partition("## Typical numbers")[2].partition("\n## ")[0]
    for line in re.findall(r"(?m)^- .*(?:\n  .*)*", numbers):
        assert re.search(r"\[[A-Z]\w+", line), line


def test_every_tool_has_a_note_and_every_name_is_a_tool() -> None:
    tools = {t.name for t in Registry.load().values()}
    told = {name for path in NOTES for name in _parts(path)[0].get("tools") or []}

    assert told == tools


def test_titles_differ() -> None:
    titles = [_parts(path)[0]["title"] for path in NOTES]
    assert len(set(titles)) == len(titles)


def test_each_tool_has_a_note_that_a_plan_cites() -> None:
    for name in Registry.load():
        for said in method_notes.notes_on(name):
            key = said.rpartition("[")[2].rstrip("]")
            assert (method_notes.FOLDER / f"{key}.md").is_file()
    assert method_notes.notes_on("transit_periodogram") == (
        "Transit search with box least squares [box-least-squares]",
    )
    assert method_notes.notes_on("no_such_tool") == ()

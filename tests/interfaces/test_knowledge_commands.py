"""`gnomon knowledge`: documents put in, listed, shown, searched and taken out, and what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gnomon.knowledge.literature import method_notes

Gnomon = Callable[..., tuple[int, str, str]]
PAPER = "---\ntitle: A zero point of parallaxes\nauthors: [Ada Lovelace]\ndate: 2021\n---\n# Zero point\n\nThe zero point of the parallaxes is -0.017 mas for quasars.\n\n# 中文\n\n类星体视差的零点为 -0.017 毫角秒。\n"


@pytest.fixture
def gnomon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: Gnomon) -> Gnomon:
    monkeypatch.setenv("GNOMON_HOME", str(tmp_path / "home"))
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a-method.md").write_text(
        "---\ntitle: A method of folding\n---\n# A method of folding\n\nLight curves are folded on trial periods.\n"
    )
    monkeypatch.setattr(method_notes, "FOLDER", notes)

    return in_process


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "paper.md").write_text(PAPER)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 no more")
    return folder


def test_from_adding_to_taking_out(gnomon: Gnomon, papers: Path) -> None:
    code, out, err = gnomon("knowledge", "add", papers)
    assert code == 1 and "1 added, 0 known already, 1 could not be read" in out
    assert (
        "Reading 1 notes on methods" in err and "broken.pdf" in err and "a broken one" in err and "Lovelace2021" in err
    )

    code, out, _err = gnomon("knowledge", "search", "parallax zero point of quasars", "-n", "1")
    assert (
        code == 0
        and "[Lovelace2021] Lovelace 2021, A zero point of parallaxes" in out
        and "-0.017 mas" in out
        and "found by" in out
    )

    code, out, _err = gnomon("knowledge", "list")
    assert "Lovelace2021" in out and "method note" in out
    code, out, _err = gnomon("knowledge", "show", "lovelace2021")
    assert "authors: Ada Lovelace" in out and "类星体视差的零点" in out
    code, out, _err = gnomon("knowledge", "remove", "Lovelace2021")
    assert code == 0 and "was taken out" in out
    code, _out, err = gnomon("knowledge", "show", "Lovelace2021")
    assert code == 2 and "has no document 'Lovelace2021'" in err


def test_json(gnomon: Gnomon, papers: Path) -> None:
    (papers / "broken.pdf").unlink()
    code, out, _err = gnomon("knowledge", "add", papers, "--json")
    assert code == 0 and json.loads(out)["added"] == 1
    told = json.loads(gnomon("knowledge", "search", "零点", "--json", "-n", "2")[1])
    first = told["passages"][0]
    assert first["key"] == "Lovelace2021" and first["section"] == "中文" and "类星体" in first["text"] and first["why"]
    documents = json.loads(gnomon("knowledge", "list", "--json")[1])["documents"]
    assert {d["key"] for d in documents} == {"Lovelace2021", "a-method"}


def test_only_methods_and_only_some_years(gnomon: Gnomon, papers: Path) -> None:
    gnomon("knowledge", "add", papers / "paper.md")

    assert "[a-method]" in gnomon("knowledge", "search", "zero point", "--methods")[1]
    assert "Nothing was found" in gnomon("knowledge", "search", "zero point", "--since", "2030")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("knowledge", "add", "nowhere.pdf"), "'nowhere.pdf' is no file or folder"),
        (("knowledge", "search", "x", "--language", "fr"), "'fr' is no language"),
        (("knowledge", "remove", "Nobody1900"), "has no document 'Nobody1900'"),
    ],
)
def test_wrong_use_says_what_to_do(gnomon: Gnomon, arguments: tuple[str, ...], said: str) -> None:
    code, _out, err = gnomon(*arguments)

    assert code == 2 and said in err


def test_a_server_that_is_not_there_is_told(gnomon: Gnomon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNOMON_KNOWLEDGE_SERVER", "http://127.0.0.1:9")
    code, _out, err = gnomon("knowledge", "search", "x")

    assert code == 1 and "cannot be opened" in err and "Start the server" in err

"""`gnomon knowledge export`, `import`, `licence`, `watch`, and searches for what speaks of an object or a method."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from gnomon.interfaces import knowledge_exchange_commands
from gnomon.knowledge.literature import method_notes

Gnomon = Callable[..., tuple[int, str, str]]
OPEN = "---\ntitle: A zero point of parallaxes\nauthors: [Ada Lovelace]\ndate: 2021\nlicense: CC-BY-4.0\n---\n# Zero point\n\nThe zero point of the parallaxes is -0.017 mas for quasars.\n"
CLOSED = "---\ntitle: The planet of HD 209458\nauthors: [Wang, Hong]\ndate: 2019\n---\n# Fit\n\nThe depth of HD209458b is 1.6 per cent.\n\n# Search\n\nIt was found by BLS. All rights reserved.\n"


@pytest.fixture
def gnomon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: Gnomon) -> Gnomon:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "box-least-squares.md").write_text(
        "---\ntitle: Transit search with box least squares\naliases: [BLS]\ntools: [transit_periodogram]\n---\n# Box\n\nA box is fitted.\n"
    )
    monkeypatch.setattr(method_notes, "FOLDER", notes)
    monkeypatch.setattr(knowledge_exchange_commands, "_SETTLED_S", 0.05)

    def run(*arguments: object, home: str = "home") -> tuple[int, str, str]:
        monkeypatch.setenv("GNOMON_HOME", str(tmp_path / home))
        return in_process(*arguments)

    return run


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "open.md").write_text(OPEN)
    (folder / "closed.md").write_text(CLOSED)
    return folder


def test_from_one_person_to_another(gnomon: Gnomon, papers: Path, tmp_path: Path) -> None:
    gnomon("knowledge", "add", papers)
    shared = tmp_path / "shared.zip"
    code, out, err = gnomon("knowledge", "export", shared)
    assert code == 0 and "2 documents, 1 of them with their text" in out
    assert "Wang2019: without its text, since nobody says under which licence it is" in err

    code, out, err = gnomon("knowledge", "import", shared, home="other")
    assert code == 0 and "1 added, 1 known without their text, 0 known already" in out
    _code, out, _err = gnomon("knowledge", "list", home="other")
    assert "The planet of HD 209458" in out and "known from shared.zip without its text" in out
    _code, out, _err = gnomon("knowledge", "show", "Wang2019", home="other")
    assert "Its text is not here" in out and "Search" in out and "1.6 per cent" not in out
    assert json.loads(gnomon("knowledge", "list", "--json", home="other")[1])["without_text"][0]["key"] == "Wang2019"
    assert json.loads(gnomon("knowledge", "show", "Wang2019", "--json", home="other")[1])["places"][1]["section"] == "Search"  # fmt: skip
    assert "-0.017 mas" in gnomon("knowledge", "search", "parallax zero point", "-n", "1", home="other")[1]

    code, _out, err = gnomon("knowledge", "add", papers / "closed.md", home="other")
    assert code == 0 and "the same text as that of Wang2019, which was known without it: all 2 passages" in err
    assert "without its text" not in gnomon("knowledge", "list", home="other")[1]
    code, out, _err = gnomon("knowledge", "import", shared, "--json", home="other")
    assert code == 0 and json.loads(out)["known"] == 2


def test_what_is_known_without_its_text_can_be_taken_out(gnomon: Gnomon, papers: Path, tmp_path: Path) -> None:
    gnomon("knowledge", "add", papers)
    gnomon("knowledge", "export", tmp_path / "one.zip", "--documents", "Wang2019")
    gnomon("knowledge", "import", tmp_path / "one.zip", home="other")

    assert "Wang2019 was taken out" in gnomon("knowledge", "remove", "Wang2019", home="other")[1]
    assert "Wang2019" not in gnomon("knowledge", "list", home="other")[1]


def test_a_licence_is_stated(gnomon: Gnomon, papers: Path, tmp_path: Path) -> None:
    gnomon("knowledge", "add", papers)
    _code, out, _err = gnomon("knowledge", "licence", "Wang2019")
    assert "no licence is known; exports go without its text" in out and "All rights reserved" in out
    _code, out, _err = gnomon("knowledge", "licence", "Wang2019", "https://creativecommons.org/licenses/by/4.0/")
    assert "its licence is CC-BY-4.0; exports have its text" in out
    told = json.loads(gnomon("knowledge", "export", tmp_path / "shared.zip", "--json")[1])
    assert {d["key"] for d in told["with_text"]} == {"Wang2019", "Lovelace2021"} and told["without_text"] == []
    told = json.loads(gnomon("knowledge", "licence", "Wang2019", "CC-BY-NC-4.0", "--json")[1])
    assert told["text_is_exported"] is False and "only by some" in told["why_not"]


@pytest.mark.parametrize(
    "asked",
    [
        ("--object", "HD 209458"),
        ("--object", "hd-209458 b"),
        ("--object", "V376 Peg = HD209458"),
        ("--method", "BLS"),
        ("--method", "transit_periodogram"),
        ("--method", "盒最小二乘"),
        ("--object", "HD 209458", "--method", "BLS"),
    ],
)
def test_search_for_what_speaks_of_something(gnomon: Gnomon, papers: Path, asked: tuple[str, ...]) -> None:
    gnomon("knowledge", "add", papers)
    code, out, err = gnomon("knowledge", "search", "how deep is it", *asked)

    assert code == 0 and "[Wang2019]" in out and "[Lovelace2021]" not in out and "speak" in err
    told = json.loads(gnomon("knowledge", "search", "how deep is it", *asked, "--json")[1])
    assert all(m["passages"] for m in told["speak_of"]) and told["passages"]


def test_what_nobody_speaks_of_is_told(gnomon: Gnomon, papers: Path) -> None:
    gnomon("knowledge", "add", papers)

    assert "No passage in the memory speaks of HD 1." in gnomon("knowledge", "search", "depth", "--object", "HD 1")[1]
    assert "No passage in the memory speaks of astrology." in gnomon("knowledge", "search", "depth", "--method", "astrology")[1]  # fmt: skip
    _code, out, _err = gnomon("knowledge", "search", "depth", "--object", "HD 209458", "--since", "2030")
    assert "No passage that speaks of HD 209458 was found with these filters" in out
    told = json.loads(gnomon("knowledge", "search", "depth", "--object", "HD 1", "--json")[1])
    assert told == {"question": "depth", "speak_of": [{"name": "HD 1", "names": ["HD 1", "HDE 1"], "passages": 0}], "passages": []}  # fmt: skip


def test_watching_once(gnomon: Gnomon, papers: Path) -> None:
    code, out, err = gnomon("knowledge", "watch", papers, "--once")
    assert code == 0 and out == "2 added.\n" and "open.md: Lovelace2021" in err
    assert gnomon("knowledge", "watch", papers, "--once")[1] == "Nothing new.\n"
    (papers / "open.md").unlink()
    (papers / "broken.pdf").write_bytes(b"%PDF-1.4 no more")
    code, out, err = gnomon("knowledge", "watch", papers, "--once", "--json")
    assert code == 1 and json.loads(out)["failed"] == 1 and json.loads(out)["deleted"] == 1
    assert "Lovelace2021 stays in the memory" in err
    code, out, _err = gnomon("knowledge", "watch", papers, "--once", "--remove-deleted")
    assert code == 0 and out == "1 taken out.\n" and "Lovelace2021" not in gnomon("knowledge", "list")[1]


def test_watching_until_it_is_ended(gnomon: Gnomon, papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            (papers / "later.md").write_text("# Later\n\nA note that came later.\n")
        if len(slept) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(knowledge_exchange_commands, "time", SimpleNamespace(sleep=sleep))
    code, out, err = gnomon("knowledge", "watch", papers, "--every", "5 min")
    assert code == 0 and out == "3 added.\n" and slept == [0.05, 300.0, 300.0, 300.0]
    assert "every 300 s; Ctrl-C ends it" in err and "later.md: " in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("export", "x.zip"), 2, "no documents but the notes"),
        (("export", "x.zip", "--documents", "Nobody1900"), 2, "has no document 'Nobody1900'"),
        (("search", "x", "--object", " = "), 2, "A name is empty"),
        (("search", "x", "--method", " "), 2, "A name is empty"),
        (("import", "nowhere.zip"), 2, "nowhere.zip cannot be read"),
        (("licence", "Nobody1900", "CC0"), 2, "has no document 'Nobody1900'"),
        (("licence", "box-least-squares", "CC0"), 2, "a note that comes with Gnomon"),
        (("watch", "nowhere"), 2, "no folder nowhere"),
        (("watch", ".", "--every", "soon"), 2, "'soon' is no time between two looks"),
        (("watch", ".", "--every", "0.1 s"), 2, "at least 1 s"),
    ],
)
def test_wrong_use_says_what_to_do(gnomon: Gnomon, arguments: tuple[str, ...], code: int, said: str) -> None:
    gnomon("knowledge", "list")  # with the notes in
    given, _out, err = gnomon("knowledge", *arguments)

    assert given == code and said in err

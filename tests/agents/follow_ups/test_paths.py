"""Files in what is said: dropped, quoted, escaped, by address, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.agents.follow_ups.paths import named_files, without


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("k2.csv", "my file.fits", "plain", "光变.csv"):
        (tmp_path / name).write_text("x")
    return tmp_path.resolve()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("same for K2-3 with k2.csv", "k2.csv"),
        ("用 k2.csv 再做一遍", "k2.csv"),
        ("用光变.csv再做一遍", "光变.csv"),
        ("'{folder}/my file.fits'", "my file.fits"),
        ('look at "{folder}/my file.fits" please', "my file.fits"),
        ("{folder}/my\\ file.fits", "my file.fits"),
        ("file://{folder}/my%20file.fits", "my file.fits"),
        ("find planets in {folder}/k2.csv.", "k2.csv"),
        ("{folder}/plain", "plain"),
        ("plain", "plain"),
        ("./plain", "plain"),
        ("'my file.fits'", "my file.fits"),
    ],
)
def test_found(text: str, name: str, folder: Path) -> None:
    said = text.replace("{folder}", str(folder))
    (found,) = named_files(said, (), folder)
    assert found.path == folder / name
    assert said[found.start : found.end] == found.words


def test_a_file_that_is_not_there_is_named_all_the_same(folder: Path) -> None:
    (found,) = named_files("the same with k3.csv", (), folder)
    assert (found.words, found.path) == ("k3.csv", None)


def test_what_is_attached_is_known_by_its_name(folder: Path, tmp_path: Path) -> None:
    (found,) = named_files("only k2.csv please", [folder / "k2.csv"], tmp_path / "elsewhere")
    assert found.path == folder / "k2.csv"


@pytest.mark.parametrize(
    "text",
    [
        "K in m/s",
        "what's the planet's period?",
        "and/or",
        "it's 'interesting'",
        "1/2 of it",
        "km/s 和 m/s",
        "e.g. this",
    ],
)
def test_what_is_no_file(text: str, folder: Path) -> None:
    assert named_files(text, (), folder) == []


def test_the_rest_of_the_text(folder: Path) -> None:
    text = "'my file.fits' k2.csv"
    assert without(text, named_files(text, (), folder)) == ""
    text = "planets in k2.csv ?"
    assert without(text, named_files(text, (), folder)) == "planets in ?"

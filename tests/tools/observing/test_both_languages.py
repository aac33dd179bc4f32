"""Warnings, notes and reasons of the tools for observations: each in English and in Chinese, so that an answer has the one of its question."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import gnomon.tools.observing
from gnomon.tools.captions import CHINESE, both, both_joined, text_in

FOLDER = Path(next(iter(gnomon.tools.observing.__path__)))
# Lists of sentences that are warned of, or told as notes or reasons, elsewhere than where they are made.
LISTS = {"skipped": "sky_maps/tiles.py", "said": "sky_maps/map_files.py", "notes": "verification"}


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path.relative_to(FOLDER).as_posix(), node


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_no_warning_is_in_english_alone() -> None:
    warned = [(f, c) for f, c in _calls() if ast.unparse(c.func) == "warnings.warn"]
    assert len(warned) > 8
    assert [f"{f}:{c.lineno}" for f, c in warned if _is_text(c.args[0])] == []


@pytest.mark.parametrize(("name", "where"), LISTS.items())
def test_no_sentence_that_is_passed_on_is_in_english_alone(name: str, where: str) -> None:
    added = [
        (f, c)
        for f, c in _calls()
        if f.startswith(where)
        and isinstance(c.func, ast.Attribute)
        and c.func.attr == "append"
        and ast.unparse(c.func.value).split(".")[-1] == name
    ]
    assert added
    assert [f"{f}:{c.lineno}" for f, c in added if _is_text(c.args[0])] == []


def test_what_drafts_lack_has_words_in_both_languages() -> None:
    from gnomon.tools.observing.drafts.details import IN_CHINESE, KNOWN, Details, Wanted

    assert IN_CHINESE.keys() == KNOWN.keys()
    wanted = Wanted(Details(), "lco")
    wanted.must("proposal")
    wanted.must("proposal")
    assert [text_in("en", m).split(":")[0] for m in wanted.missing] == ["lco.proposal"]
    assert text_in("zh", wanted.missing[0]) == "lco.proposal：申请书或观测运行的编号"


def test_texts_in_two_languages_are_joined_each_with_its_like() -> None:
    told = both_joined([both("One.", "一。"), "Two."], " ", "")
    assert (text_in("en", told), text_in("zh", told)) == ("One. Two.", "一。Two.")
    assert both_joined(["One.", "Two."]) == "One. Two." and CHINESE not in both_joined([])

"""Sentences are found where they are, and nothing between them is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.knowledge.literature.sentences import sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        (
            "As Kovács et al. (2002) show, it fails. See Fig. 3 and Eq. 2.",
            ["As Kovács et al. (2002) show, it fails.", "See Fig. 3 and Eq. 2."],
        ),
        (
            "By J. Smith, i.e. The Author. A value of 3.5 d was found.",
            ["By J. Smith, i.e. The Author.", "A value of 3.5 d was found."],
        ),
        ("它会失效。噪声是红的！“真的吗？”他问。", ["它会失效。", "噪声是红的！", "“真的吗？”", "他问。"]),
        ("A heading\n\nIts text runs\nover lines. And on.", ["A heading", "Its text runs\nover lines.", "And on."]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert [text[s:e] for s, e in sentences(text)] == parts


@given(st.text(alphabet=st.sampled_from("aB. !?。\n）”(1é星"), max_size=120))
def test_only_white_space_and_closing_marks_lie_between(text: str) -> None:
    places = list(sentences(text))
    ends = [0, *(e for _s, e in places)]
    for (start, end), before in zip(places, ends, strict=False):
        assert before <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert not set(text[before:start]) - set(" \n”)）")
    assert not text[ends[-1] :].strip(" \n”)）")

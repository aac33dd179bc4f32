"""Passages cover a document's text without gaps, and end where its sections do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.knowledge.literature.blocks import Block, joined_lines, tidy
from gnomon.knowledge.literature.passages import MOST, cut, weight

SENTENCES = (
    st.text(alphabet="abcdefgh ABC.。，，中文光变曲线0123456789", min_size=1, max_size=4000).map(tidy).filter(bool)
)
BLOCKS = st.lists(
    st.builds(
        Block,
        st.sampled_from(["heading", "paragraph", "list", "table", "caption", "equation", "code", "reference"]),
        SENTENCES,
        st.one_of(st.none(), st.integers(1, 20)),
        st.integers(0, 5),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(BLOCKS)
def test_passages_joined_are_the_text(blocks: list[Block]) -> None:
    text, passages = cut(blocks)

    assert "".join(p.text for p in passages) == text
    assert all(text[p.start : p.end] == p.text for p in passages)
    assert [p.number for p in passages] == list(range(len(passages)))
    for block in blocks:
        assert block.text in text


@settings(max_examples=60, deadline=None)
@given(SENTENCES)
def test_no_passage_is_much_longer_than_the_most(text: str) -> None:
    _text, passages = cut([Block("paragraph", text)])

    assert all(weight(p.text) <= 1.7 * MOST for p in passages)


def test_a_section_begins_a_passage_and_is_told_with_those_above_it() -> None:
    blocks = [
        Block("heading", "Results", 1, 1), Block("paragraph", "First.", 1), Block("heading", "Periods", 2, 2), Block("paragraph", "Second.", 2),
        Block("heading", "Discussion", 3, 1), Block("paragraph", "Third.", 4),
    ]  # fmt: skip
    _text, passages = cut(blocks)

    assert [(p.section, p.page, p.last_page) for p in passages] == [
        ("Results", 1, 1),
        ("Results > Periods", 2, 2),
        ("Discussion", 3, 4),
    ]


def test_short_paragraphs_share_a_passage_and_long_ones_are_cut_between_sentences() -> None:
    short = [Block("paragraph", f"Sentence number {i} of a short paragraph.") for i in range(6)]
    long = Block(
        "paragraph", " ".join(f"This is sentence number {i} of a long paragraph about light curves." for i in range(80))
    )

    assert len(cut(short)[1]) == 1
    passages = cut([long])[1]
    assert len(passages) > 3 and all(p.text.rstrip().endswith(".") for p in passages)


def test_broken_words_are_whole_again_and_chinese_gets_no_spaces() -> None:
    assert joined_lines(["the photo-", "metric red-", "shift of", "A-", "B"]) == "the photometric redshift of A- B"
    assert joined_lines(["光变曲", "线的周期"]) == "光变曲线的周期"
    assert tidy("光变\n曲线 的\n period\n of") == "光变曲线 的 period of"
    assert tidy("e\u0301 \u00ad\ufb01t\u00a0x\n y\u200b") == "é fit x y"


def test_a_long_word_is_cut() -> None:
    # Work that grows with the square of the length would take minutes.
    text, passages = cut([Block("paragraph", "x" * 2_000_000)])
    assert "".join(p.text for p in passages) == text and len(passages) > 1000

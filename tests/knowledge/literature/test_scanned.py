"""Text as programs for text recognition give it: heads and page numbers go, words and paragraphs are whole, nothing else is lost."""

from __future__ import annotations

import re

import pytest

from gnomon.knowledge.literature.parsing.plain import parse_plain

BODY = [
    "The light of a variable star was measured on thirty nights with a photo-\nelectric photometer, and its pe-\nriod was found to be 3.36 days. The well-known\nlaw of extinction was used through-\nout, and a well-\nknown standard star was the reference; its ef\ufb01ciency is",
    "not constant. A second series\u00ad of plates has been re\u00ac\nduced in the same man\u2010\nner by the author.\n\n2. OBSERVATIONS\n\nThe plates were taken in 1921, 1922 and\n1923 with an exposure of\n\n30\n\nminutes each, and then meas-",
    "ured by two observers. The scatter is 0.03\nmag for stars of the tenth magnitude.\n\n    12.3    4.5    0.3\n    12.9    4.1    0.2",
    "A last page says that the work was done.",
]  # fmt: skip


def test_pages_of_a_scan() -> None:
    bodies = [*BODY, *(f"It goes on with {n * n} words." for n in range(5))]
    heads = [f"{n}   ASTRONOMICAL JOURNAL" if n % 2 else f"VARIABLE STARS, No. {n}" for n in range(217, 226)]
    pages = [f"{h}\n\n{b}\n\n- {n} -\n" for n, (h, b) in enumerate(zip(heads, bodies, strict=True), start=217)]
    parsed = parse_plain("\f".join(pages) + "\f")
    text = " ".join(b.text for b in parsed.blocks)

    assert parsed.pages == 9 and {b.page for b in parsed.blocks} == set(range(1, 10)) and not parsed.problems
    assert "JOURNAL" not in text and not re.search(r"- 2\d\d -", text)
    assert (
        "photoelectric photometer" in text
        and "its period was" in text
        and "throughout, and a well-known standard" in text
    )
    assert "efficiency is" in text and "has been reduced in the same manner by" in text
    assert "30" in text and "12.3 4.5 0.3" in text, "numbers inside a page stay"
    last = [b for b in parsed.blocks if b.page == 2][-1]
    assert last.text.endswith("then measured") and next(b for b in parsed.blocks if b.page == 3).text.startswith(
        "by two observers"
    )
    assert [b.text for b in parsed.blocks if b.kind == "heading"] == ["2. OBSERVATIONS"]


def test_a_scan_without_form_feeds() -> None:
    ends = ["of the nights", "by that of the clock", "with the plates", "and so on"]
    pages = "\n".join(
        f"ASTRONOMICAL JOURNAL\n\nThe {w} page of the text begins here and\ngoes on over its end, so that the error {end}\n\n{n}\n"
        for n, (w, end) in enumerate(zip(["first", "second", "third", "fourth"], ends, strict=True), start=11)
    )  # fmt: skip
    parsed = parse_plain(pages.replace("\nASTRONOMICAL JOURNAL\n\nThe second", "\nASTRONOMICAL JOURNAL\n\nthe second"))
    text = "\n".join(b.text for b in parsed.blocks)

    assert parsed.pages is None and not re.search(r"\b1[1-4]\b", text)
    assert text.count("ASTRONOMICAL JOURNAL") <= 1, "the first is a heading, the others are heads of pages"
    assert "so that the error of the nights the second page" in text and "\nThe third page" in text


@pytest.mark.parametrize(
    "text",
    [
        "Values:\n\n3\n\n7\n\n1\n\nand so on.",
        "A table\n\n1\n2\n3\n\nwith numbers.",
        "Only\n\n1\n\none\n\n2\n\ntwo.",
        "First page.\fSecond page.\fThird page.",
    ],
)
def test_what_is_no_page_number_stays(text: str) -> None:
    said = " ".join(b.text for b in parse_plain(text).blocks)
    for word in re.findall(r"[A-Za-z]+", text):
        assert word in said


def test_no_word_of_a_long_text_is_lost() -> None:
    text = "\f".join("\n\n".join(f"Paragraph {p} of page {n} has words that nothing else has: w{n}x{p}." for p in range(4)) for n in range(30))  # fmt: skip
    said = " ".join(b.text for b in parse_plain(text).blocks)
    assert all(f"w{n}x{p}." in said for n in range(30) for p in range(1, 3))
    assert sum(f"w{n}x{p}." in said for n in range(30) for p in range(4)) == 120

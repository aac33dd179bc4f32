"""Text from outside stays data: one line, no formula, no path."""

from __future__ import annotations

import csv
import io
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from gnomon.tools.observing.drafts.outside_text import ascii_text, cell, file_stem, plain, shortened

ANY = st.text(st.characters(), max_size=60)


@given(ANY)
def test_plain_text_is_one_printable_line(text: str) -> None:
    shown = plain(text)
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert plain(shown) == shown


@given(ANY)
def test_no_cell_begins_a_formula(text: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow([cell(text), "next"])
    row = next(csv.reader(io.StringIO(out.getvalue())))
    assert row[1] == "next" and row[0][:1] not in (
        "=",
        "+",
        "-",
        "@",
        "\uff1d",
        "\uff0b",
        "\uff0d",
        "\uff20",
        "\t",
        "\r",
    )


def test_formulas_are_kept_readable() -> None:
    assert cell("=1+1") == "'=1+1"
    assert cell(" \t@SUM(A1)") == "'@SUM(A1)"
    assert cell("NGC 1068") == "NGC 1068"


@given(ANY, ANY)
def test_file_names_are_safe_and_distinct(one: str, other: str) -> None:
    name = file_stem(one, "v")
    assert name and name.isascii() and not set(name) & set('/\\:*?"<>| \x00') and not name.startswith((".", "-"))
    if one != other:
        assert file_stem(one, "v") != file_stem(other, "v")


def test_ascii_is_never_guessed() -> None:
    assert ascii_text("Müller − Ørsted’s γ") is None
    assert ascii_text("Müller − Ørsted’s") == "Muller - Orsted's"
    assert ascii_text("变星") is None


@given(ANY, ANY)
def test_shortened_names_stay_distinct(one: str, other: str) -> None:
    assert len(shortened(one, 20)) <= 20
    if plain(one) != plain(other):
        assert shortened(one, 20) != shortened(other, 20)

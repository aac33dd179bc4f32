"""What a reader of numbers sees of a text: every sign at its place, and nothing that only looks like a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.knowledge.literature.printed_text import plain_view
from gnomon.knowledge.literature.stated_values import stated_values


@given(st.text())
def test_every_sign_keeps_its_place(text: str) -> None:
    view = plain_view(text)

    assert len(view) == len(text)
    assert all(v == t or not t.isalpha() or v in "\0 " for v, t in zip(view, text, strict=True) if t.isascii())


def test_latex_prints() -> None:
    view = plain_view(r"$1.2\pm0.3\,M_\odot$ at~5~GHz, $\sim$3 \AA, \cite{Moss2018}")

    assert " ".join(view.replace("\0", "").split()) == "1.2± 0.3 M_☉ at 5 GHz, ~ 3 Å ,"


@pytest.mark.parametrize(
    "part", ["a", ".", "1", "1.", "(", "[A", "(A ", "Word ", "1, ", "1±", "a/b.", "的", "一", "5 km ", "{", "\\pm", "1<", "^", "/", "`a", "a@", "2020 ", "2020A&A.."]
)  # fmt: skip
def test_repeated_signs_are_read_to_the_end(part: str) -> None:
    # A pattern that tries every way to divide them would not come back.
    text = (part * 3000)[:3000]

    assert all(text[v.start : v.end] == v.text for v in stated_values(text))

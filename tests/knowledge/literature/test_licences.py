"""Licences are read however they are written, and what is not known to let everyone pass a text on does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.knowledge.literature.licences import lines_on_licence, read_licence


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("cc by", "CC-BY"),
        ("Creative Commons Attribution 4.0 International License", "CC-BY-4.0"),
        ("Creative Commons Attribution 4.0 International (CC BY 4.0)", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-sa/3.0/legalcode", "CC-BY-SA-3.0"),
        ("Creative Commons Attribution-ShareAlike 3.0 Unported", "CC-BY-SA-3.0"),
        ("CC0", "CC0-1.0"),
        ("CC0 1.0 Universal", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("Public Domain", "public domain"),
        ("MIT License", "MIT"),
        ("BSD-3-Clause", "BSD"),
        ("3-clause BSD license", "BSD"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("MIT OR GPL-3.0-only", "MIT OR GPL-3.0-only"),
    ],
)
def test_what_everyone_may_pass_on(said: str, name: str) -> None:
    licence = read_licence(said)

    assert licence.shared and licence.name == name and not licence.why_not


@pytest.mark.parametrize(
    "said",
    [
        "",
        "  ",
        "All rights reserved",
        "not CC-BY",
        "CC BY 4.0 (except figures)",
        "CC BY code; text all rights reserved",
        "CC-BY-NC-4.0",
        "CC BY-NC-SA 4.0",
        "CC-BY-ND-4.0",
        "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International",
        "Creative Commons Attribution 4.0 International (CC BY-NC 4.0)",
        "https://creativecommons.org/licenses/by-nc-nd/4.0/",
        "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        "arXiv.org perpetual, non-exclusive license 1.0",
        "https://www.elsevier.com/tdm/userlicense/1.0/",
        "https://evil.example/creativecommons.org/licenses/by/4.0/",
        "MIT AND GPL-3.0-only",
        "GPL-3.0-only",
        "by",
        "attribution",
        "CC",
    ],
)
def test_what_not_everyone_may(said: str) -> None:
    licence = read_licence(said)

    assert not licence.shared and licence.why_not


@given(st.text())
def test_any_text_is_read_and_none_is_shared_by_chance(said: str) -> None:
    licence = read_licence(said)

    assert licence.shared == (not licence.why_not)
    if licence.shared:
        assert any(n in licence.name for n in ("CC", "MIT", "BSD", "Apache", "public domain"))


def test_lines_that_speak_of_licences_are_shown() -> None:
    text = (
        "Title\n© The Authors 2020.\nThe code is under the MIT license.\nStars are bright.\n本文采用知识共享许可协议。"
    )

    assert lines_on_licence(text) == ["© The Authors 2020.", "The code is under the MIT license.", "本文采用知识共享许可协议。"]  # fmt: skip
    assert lines_on_licence("Stars are bright.") == []


def test_a_licence_that_a_file_states_of_itself_is_read() -> None:
    from gnomon.knowledge.literature.reading import parse_document

    head = b'<html><head><link rel="license" href="https://creativecommons.org/licenses/by/4.0/"></head>'
    page = b'<body><p>Figures under <a rel="license" href="https://creativecommons.org/licenses/by-nc/4.0/">another</a>.</p></body></html>'
    assert read_licence(parse_document(head + page, "a.html").metadata["licence"]).name == "CC-BY-4.0"
    assert "licence" not in parse_document(b"<html>" + page, "a.html").metadata
    for said in (b"license: CC-BY-4.0", b"licence: {name: CC-BY-4.0}"):
        parsed = parse_document(b"---\ntitle: A\n" + said + b"\n---\nThe text.", "a.md")
        assert parsed.metadata["licence"] == "CC-BY-4.0"

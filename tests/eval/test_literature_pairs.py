"""Questions about documents: each names passages that stand in them.  The documents come from ``python -m gnomon.eval.literature.fetch``."""

from __future__ import annotations

import os
import struct
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gnomon.eval.literature.fetch import LIST, Document, packages
from gnomon.eval.literature.texts import messages, without_marks

FOLDER = os.environ.get("GNOMON_LITERATURE_DOCUMENTS")
DOCUMENTS = {document.id: document for package in packages() for document in package.documents}


def loaded() -> list[dict[str, Any]]:
    from ruamel.yaml import YAML

    pairs: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(
        LIST.with_name("pairs.yaml").read_text(encoding="utf-8")
    )
    return pairs


PAIRS = loaded()
PASSAGES = [(pair["id"], p["document"], p["quote"]) for pair in PAIRS for p in (pair, *pair.get("also", []))]


@cache
def text(document: Document) -> str:
    whole = Path(FOLDER or "", f"{document.id}.{document.format}").read_text(encoding="utf-8")
    return " ".join((without_marks(whole) if document.format == "html" else whole).split())


def test_documents_are_listed_once() -> None:
    documents = [document for package in packages() for document in package.documents]
    assert len(DOCUMENTS) == len(documents)
    assert not {d.format for d in documents} - {"md", "rst", "tex", "html", "pdf", "txt"}
    assert not {package.kind for package in packages()} - {"wheel", "sdist", "deb"}
    for document in documents:
        assert bool(document.made_from) == bool(document.text_sha256), document.id
        if document.parallel:
            other = DOCUMENTS[document.parallel]
            assert (other.parallel, other.language) != (document.id, document.language), document.id
            assert other.parallel == document.id


def test_pairs_cover_both_languages_and_the_ways_between_them() -> None:
    ways = Counter((pair["language"], DOCUMENTS[pair["document"]].language) for pair in PAIRS)
    assert ways["en", "en"] >= 70
    assert ways["zh", "zh"] >= 40
    assert ways["zh", "en"] >= 30
    assert ways["en", "zh"] >= 30
    assert len({pair["id"] for pair in PAIRS}) == len({pair["question"] for pair in PAIRS}) == len(PAIRS)


def test_quotes_have_the_length_of_a_phrase() -> None:
    for pair, document, quote in PASSAGES:
        shortest, longest = (8, 40) if DOCUMENTS[document].language == "zh" else (20, 120)
        assert shortest <= len(quote) <= longest, (pair, quote)


@pytest.mark.skipif(not FOLDER, reason="NOT TESTED: GNOMON_LITERATURE_DOCUMENTS names no folder with the documents")
def test_quotes_stand_in_their_documents() -> None:
    # Twice where a document says the same thing again; more often it would not tell the passage.
    # The text of a PDF depends on who reads it.
    assert [
        (pair, quote)
        for pair, document, quote in PASSAGES
        if DOCUMENTS[document].format != "pdf" and not 1 <= text(DOCUMENTS[document]).count(quote) <= 2
    ] == []


def test_marks_are_taken_off_html_and_docbook() -> None:
    assert without_marks("<html><head><title>x</title></head><h1>A &amp; B</h1><p>one\n two<br/>three</p>") == (
        "A & B\n\none two\n\nthree\n"
    )
    assert without_marks(
        '<!DOCTYPE book [ <!ENTITY kstars "KStars"> ]><sect1><indexterm><primary>P</primary></indexterm>'
        "<para>With <emphasis>&kstars;</emphasis></para></sect1>"
    ) == ("With kstars\n")


def test_messages_are_read_from_qt_and_gettext_in_the_same_order() -> None:
    long = [
        ("A planet that is too long for a label of a button", "行星甲"),
        ("Brighter stars have smaller magnitudes than others", "行星乙"),
    ]
    qt = _qt([*reversed(long), ("Short", "短")])
    assert messages("a.qm", qt, "translation") == "行星甲\n\n行星乙\n"
    assert messages("a.qm", qt, "original") == f"{long[0][0]}\n\n{long[1][0]}\n"
    gettext = _gettext([("", "Content-Type: text/plain; charset=UTF-8\n"), *long])
    assert messages("a.mo", gettext, "translation") == messages("a.qm", qt, "translation")


def _qt(pairs: list[tuple[str, str]]) -> bytes:
    texts, hashes = b"", b""
    for original, translation in pairs:
        hashes += struct.pack(">II", 0, len(texts))
        for tag, content in ((3, translation.encode("utf-16-be")), (6, original.encode())):
            texts += struct.pack(">BI", tag, len(content)) + content
        texts += b"\x01"
    sections = b"".join(struct.pack(">BI", tag, len(s)) + s for tag, s in ((0x42, hashes), (0x69, texts)))
    return bytes(16) + sections


def _gettext(pairs: list[tuple[str, str]]) -> bytes:
    coded = sorted((original.encode(), translation.encode()) for original, translation in pairs)
    start = 28 + 16 * len(coded)
    tables, strings = [b"", b""], b""
    for side in (0, 1):
        for pair in coded:
            tables[side] += struct.pack("<II", len(pair[side]), start + len(strings))
            strings += pair[side] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(coded), 28, 28 + 8 * len(coded), 0, 0)
    return head + tables[0] + tables[1] + strings

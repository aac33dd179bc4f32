"""The sentences by which stated numbers are judged are those of the documents, and most of them are read rightly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import gnomon.knowledge
from gnomon.eval.literature.stated_values import SENTENCES, measure

ROWS: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(SENTENCES.read_text(encoding="utf-8"))
NOTES = Path(gnomon.knowledge.__file__).parent / "methods"


def test_sentences_are_short_and_of_known_documents() -> None:
    listed = SENTENCES.with_name("documents.yaml").read_text(encoding="utf-8")
    known = set(re.findall(r"- id: (\S+)", listed))

    assert len(ROWS) >= 240
    assert len({(r["text"], r["half"]) for r in ROWS}) == len(ROWS)
    for row in ROWS:
        assert len(row["text"]) <= 240
        if row["document"].startswith("method "):
            note = (NOTES / f"{row['document'].removeprefix('method ')}.md").read_text(encoding="utf-8")
            bare = re.sub(r"[\W_]+", "", note)
            assert re.sub(r"[\W_]+", "", row["text"]) in bare, row
        else:
            assert row["document"] in known


@pytest.mark.parametrize("half", ["first", "second", "third"])
def test_most_are_read(half: str) -> None:
    counts = measure([r for r in ROWS if r["half"] == half])

    assert counts["right"] >= 0.95 * counts["read"]
    assert counts["right"] >= 0.84 * counts["stated"]
    assert counts["errors right"] == counts["errors stated"] == counts["errors read"]

"""Reading the passages that were found for a question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.literature.passages_file import FORM, NUMBERS, PLACES, TEXTS, read_passages_text
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import File, Passages

_MOST_BYTES = 20_000_000


def recognise_passages(path: Path) -> dict[str, Any] | None:
    """Say whether a file holds passages that were found for a question.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence``, ``found`` and ``rows``; None where it holds none.
    """
    with path.open("rb") as stream:
        if FORM.encode() not in stream.read(200):
            return None
    try:
        told = read_passages_text(_text(path), path.name)
    except InputError:
        return None
    count, documents = len(told["passages"]), len({p["key"] for p in told["passages"]})
    return {
        "confidence": 1.0,
        "found": f"{count} passages of {documents} documents, found in the literature memory",
        "found_zh": f"在文献库中找到的 {count} 个段落，出自 {documents} 篇文献",
        "rows": count,
    }


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.1,
    citations=(
        "National Institute of Standards and Technology 2015, Secure Hash Standard, doi:10.6028/NIST.FIPS.180-4",
    ),
    examples=(
        "Read this file of passages",
        "Which passages were found in the literature memory?",
        "Open the passages that were found for my question",
        "Load the file with passages of papers",
        "读取这个段落文件",
        "在文献库中找到了哪些段落？",
        "打开为我的问题找到的段落",
        "载入附件里的文献段落",
    ),
    summary_zh="读取为一个问题在文献库中找到的段落，并核对其文字未被改动。",
    method="The passages found in the literature memory were read; the text of each was held against the digest taken when it was found.",
    method_zh="读取在文献库中找到的段落，逐段核对其文字与检索时的摘要一致。",
    recognises=recognise_passages,
)
def read_passages(file: File) -> Passages:
    """Read passages that were found in the literature memory for a question.

    Parameters
    ----------
    file : File
        The attached file of passages.

    Returns
    -------
    Passages
        One row a passage, the best first: ``key`` (by which its document is cited), ``citation``, ``doi``, ``arxiv``, ``bibcode``, ``year``, ``page``,
        ``last_page`` and ``section`` (masked where nobody says), ``start`` and ``end`` (characters of the document's text), ``text``,
        ``sha256`` of the text, ``score``, ``found_by``, ``notice`` (that the document was retracted or corrected), and ``sentences``
        (JSON: first and last character, nearness to the question) and ``values`` (JSON: numbers that the text states, each with its place, what is
        measured, uncertainty, unit and condition).  ``meta`` has the ``question``, what was searched (``memory``), and the comparisons
        of values of the same quantity from different documents (``agreements``).

    Raises
    ------
    InputError
        Where it is no such file, or the text of a passage was changed.
    """
    from astropy.table import MaskedColumn, QTable

    told = read_passages_text(_text(Path(file)), Path(file).name)
    rows = told["passages"]
    if not rows:
        raise InputError(f"{Path(file).name} has no passage.", remedy="Ask again.")
    table = QTable()
    for name in TEXTS:
        table[name] = MaskedColumn([str(r.get(name) or "") for r in rows], mask=[not r.get(name) for r in rows], dtype=str)  # fmt: skip
    for name in NUMBERS:
        known = [isinstance(r.get(name), int) for r in rows]
        table[name] = MaskedColumn([r[name] if k else 0 for r, k in zip(rows, known, strict=True)], mask=[not k for k in known], dtype="int64")  # fmt: skip
    for name in PLACES:
        table[name] = [int(r[name]) for r in rows]
    table["score"] = [float(r.get("score") or 0.0) for r in rows]
    table["sha256"] = [str(r["sha256"]) for r in rows]
    table["sentences"] = [json.dumps(r.get("sentences") or []) for r in rows]
    table["values"] = [json.dumps(r.get("values") or [], ensure_ascii=False) for r in rows]
    table.meta["question"] = told["question"]
    table.meta["memory"] = told["memory"]
    table.meta["agreements"] = told["agreements"]
    return table


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"{path.name} is too large for a file of passages.", remedy="Ask again.")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is no file of passages.", remedy="Ask again.") from error

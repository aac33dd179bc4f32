"""The file in which passages found for a question travel with its plan: what was found, where it stands, and what tells that it is unchanged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from gnomon.tools.errors import InputError

FORM, VERSION = "gnomon passages", 1
# What is told of each passage, and whether it may be missing: a text without pages has none.
TEXTS = ("key", "title", "citation", "document", "doi", "arxiv", "bibcode", "source", "kind", "language", "notice", "licence", "section", "found_by", "text")  # fmt: skip
NUMBERS = ("year", "page", "last_page")
PLACES = ("start", "end")


def digest_of(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def passages_text(
    question: str,
    memory: Mapping[str, Any],
    passages: Sequence[Mapping[str, Any]],
    agreements: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The file for some passages.

    Parameters
    ----------
    question : str
        What they were looked for with.
    memory : mapping
        What was searched: how many ``documents`` and ``passages``.
    passages : sequence of mapping
        Of each what `TEXTS`, `NUMBERS` and `PLACES` name, its ``score``, its ``sentences``: of each ``[start, end, nearness]``, the characters of
        the passage's text, and how near it is to the question; and the ``values`` that it states: of each ``start``, ``end`` and ``text``, and what is
        known of ``what``, ``value``, ``plus``, ``minus``, ``low``, ``high``, ``limit``, ``unit`` and ``condition``.
    agreements : sequence of mapping
        Of pairs of values: ``one`` and ``other`` (number of the passage, number of the value in it, from 0), ``what``, ``verdict``, ``sigma`` and ``reason``.

    Returns
    -------
    str
        JSON, the same for the same content.
    """
    told = []
    for passage in passages:
        sha256 = digest_of(str(passage["text"]))
        known = {k: v for k, v in sorted(passage.items()) if v not in ("", None)}
        told.append({**known, "sha256": sha256})
    # The form stands first, so that the file is known by its beginning.
    document: dict[str, Any] = {
        "form": FORM,
        "version": VERSION,
        "question": question,
        "memory": dict(memory),
        "passages": told,
    }
    if agreements:
        document["agreements"] = [dict(a) for a in agreements]
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def read_passages_text(text: str, name: str) -> dict[str, Any]:
    """What such a file holds.

    Parameters
    ----------
    text : str
    name : str
        What errors call it.

    Returns
    -------
    dict
        ``question``, ``memory``, ``passages`` and ``agreements``, checked.

    Raises
    ------
    InputError
        Where it is no such file, of a version that is not known, or a passage is not what it was when it was found.
    """
    try:
        told = json.loads(text)
    except ValueError as error:
        raise InputError(f"{name} is no file of passages: {error}.", remedy=_REMEDY) from error
    if not isinstance(told, dict) or told.get("form") != FORM or not isinstance(told.get("passages"), list):
        raise InputError(f"{name} is no file of passages.", remedy=_REMEDY)
    if told.get("version") != VERSION:
        raise InputError(
            f"{name} is a file of passages of version {told.get('version')!r}, and only {VERSION} can be read.",
            remedy="Use the version of Gnomon that made it.",
        )
    for number, passage in enumerate(told["passages"], start=1):
        _check(passage, f"Passage {number} of {name}")
    counts = [len(p.get("values") or []) for p in told["passages"]]
    agreements = told.get("agreements") or []
    for agreement in agreements:
        for passage, value in (agreement["one"], agreement["other"]):
            if not (0 <= passage < len(counts) and 0 <= value < counts[passage]):
                raise InputError(f"{name} compares a value that it does not have.", remedy=_REMEDY)
    return {
        **told,
        "question": str(told.get("question") or ""),
        "memory": dict(told.get("memory") or {}),
        "agreements": agreements,
    }


_REMEDY = "Ask again; the passages are then looked for anew."


def _check(passage: Any, where: str) -> None:
    if not isinstance(passage, dict) or not isinstance(passage.get("text"), str) or not passage.get("key"):
        raise InputError(f"{where} has no text or no citation key.", remedy=_REMEDY)
    text = passage["text"]
    if passage.get("sha256") != digest_of(text):
        raise InputError(f"{where} is not what was found: its text was changed.", remedy=_REMEDY)
    start, end = passage.get("start"), passage.get("end")
    if not (isinstance(start, int) and isinstance(end, int) and end - start == len(text)):
        raise InputError(f"{where} does not say where it stands.", remedy=_REMEDY)
    for sentence in passage.get("sentences") or []:
        first, last, _near = sentence
        if not 0 <= first < last <= len(text):
            raise InputError(f"{where} has a sentence outside of its text.", remedy=_REMEDY)
    for value in passage.get("values") or []:
        if text[value["start"] : value["end"]] != value["text"]:
            raise InputError(f"{where} does not state the value {value['text']!r} where it says.", remedy=_REMEDY)

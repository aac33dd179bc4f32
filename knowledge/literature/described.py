"""A document as it can be told to anyone: what is known of it, and the places and digests of its passages, without its words."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.passages import Passage
from gnomon.tools.errors import InputError

_DIGEST = re.compile(r"[0-9a-f]{64}")
# Signs that steer a terminal or turn the direction of writing; no name or title has them.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
# What is true of one memory alone: which other documents it has, and when this one came.
_OWN = ("added", "versions")


@dataclass(frozen=True)
class _More:
    """What of `Document.more` is taken from others; what a paper says of other papers is not, or a file could mark them as retracted."""

    by: dict[str, str] = field(default_factory=dict)
    others: dict[str, dict[str, str]] = field(default_factory=dict)
    full_text: str = ""
    licence_from: str = ""
    licence_before: str = ""
    shared_in: str = ""


@dataclass(frozen=True)
class Place:
    """Where a passage stands, and the digest of its words.

    Parameters
    ----------
    start, end : int
        Characters of the document's text.
    section, kind : str
    page, last_page : int, optional
    sha256 : str
        Of the passage's text in UTF-8.
    """

    start: int
    end: int
    section: str
    kind: str
    page: int | None
    last_page: int | None
    sha256: str


@dataclass(frozen=True)
class Described:
    """A document without its words.

    Parameters
    ----------
    document : Document
    text_sha256 : str
        Of the whole text in UTF-8; the document's identifier is how it begins.
    places : tuple of Place
        In order, without gaps and without overlap.
    """

    document: Document
    text_sha256: str
    places: tuple[Place, ...]

    def content(self, *, own: bool = False) -> bytes:
        """JSON, the same bytes for the same document wherever and whenever it is written; with `own`, and which file it came in."""
        told = {k: v for k, v in self.document.document().items() if k not in _OWN}
        if more := {k: v for k, v in self.document.more.items() if own or k != "shared_in"}:
            told["more"] = more
        else:
            told.pop("more", None)
        places = [{k: v for k, v in asdict(p).items() if v is not None} for p in self.places]
        whole = {"document": told, "text_sha256": self.text_sha256, "passages": places}
        return (json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()

    def passages(self, text: str) -> list[Passage]:
        """The passages of a text, which must be this document's.

        Raises
        ------
        InputError
            Where it is another text.
        """
        if digest(text) != self.text_sha256:
            raise InputError(
                f"The text that came for {self.document.key} is not the one that its digest names.",
                remedy="Ask for the file again.",
            )
        found = [
            Passage(n, text[p.start : p.end], p.start, p.end, p.section, p.kind, p.page, p.last_page)
            for n, p in enumerate(self.places)
        ]
        if any(digest(f.text) != p.sha256 for f, p in zip(found, self.places, strict=True)):
            raise InputError(
                f"A passage of {self.document.key} is not the one that its digest names.",
                remedy="Ask for the file again.",
            )
        return found


def describe(document: Document, passages: Sequence[Passage]) -> Described:
    """Describe a document by its passages.

    Parameters
    ----------
    document : Document
    passages : sequence of Passage
        All of them, in order.
    """
    places = tuple(
        Place(p.start, p.end, p.section, p.kind, p.page, p.last_page, digest(p.text)) for p in passages
    )  # fmt: skip
    return Described(document, digest("".join(p.text for p in passages)), places)


def read_described(content: bytes, name: str) -> Described:
    """Read what `Described.content` wrote, trusting nothing of it.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file, for what is told when it is wrong.

    Returns
    -------
    Described
        What people read of it has no signs that would steer a terminal.

    Raises
    ------
    InputError
        Where it is no such description, or contradicts itself.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        whole = json.loads(content)
        if not isinstance(whole, dict):
            raise ValueError("it is no JSON object")
        told = {k: v for k, v in whole.get("document", {}).items() if k not in _OWN}
        document = TypeAdapter(Document).validate_json(json.dumps(told), strict=True)
        more = asdict(TypeAdapter(_More).validate_json(json.dumps(document.more), strict=True))
        document = replace(document, more={k: v for k, v in more.items() if v})
        text_sha256 = str(whole.get("text_sha256", ""))
        places = TypeAdapter(tuple[Place, ...]).validate_json(
            json.dumps([{"page": None, "last_page": None, **p} for p in whole.get("passages", [])]), strict=True
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(name, f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _wrong(name, str(error)[:120]) from error
    if fault := _fault(document, text_sha256, places):
        raise _wrong(name, fault)
    clean = _clean(asdict(document))
    tuples = {k: tuple(v) for k, v in clean.items() if isinstance(v, list)}
    document = replace(document, **{**clean, **tuples})
    return Described(document, text_sha256, tuple(replace(p, section=_clean(p.section)) for p in places))


def digest(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def _fault(document: Document, text_sha256: str, places: Sequence[Place]) -> str:
    if not _DIGEST.fullmatch(text_sha256) or document.id != text_sha256[:16]:
        return "its identifier is not how the digest of its text begins"
    if document.kind != "document":
        return f"it is no document but a {document.kind[:20]!r}"
    if not places:
        return "it has no passages"
    starts = [0, *(p.end for p in places)]
    if any(p.start != start or p.end <= start for p, start in zip(places, starts[:-1], strict=True)):
        return "its passages have gaps or overlap"
    if any(not _DIGEST.fullmatch(p.sha256) for p in places):
        return "a digest is none"
    if (document.characters, document.passages) != (starts[-1], len(places)):
        return "it says that it has other passages than it has"
    return ""


def _clean(told: Any) -> Any:
    if isinstance(told, str):
        return _STEERING.sub(" ", told)
    if isinstance(told, dict):
        return {_clean(k): _clean(v) for k, v in told.items()}
    return [_clean(x) for x in told] if isinstance(told, list | tuple) else told


def _wrong(name: str, what: str) -> InputError:
    return InputError(f"{name} describes no document: {what}.", remedy="Ask for the file again.")

"""What a parser makes of a document: blocks of text in reading order, and what the document says of itself."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

BlockKind = Literal["heading", "paragraph", "list", "table", "caption", "equation", "code", "reference"]

# Signs that print as spaces, or not at all: of no-break, zero width, soft hyphen, byte order.
_SPACES = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000\t\r\f\v ]+")
# A line's end between two Chinese characters, which is no space.
_CJK_BREAK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])[ \t]*\n[ \t]*(?=[\u3000-\u9fff\uff00-\uffef])")
_UNSEEN = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a table, a caption ...

    Parameters
    ----------
    kind : str
    text : str
        As `tidy` leaves it.
    page : int, optional
        On which page it begins, counted from 1; None where there are no pages.
    level : int
        Of a heading, 1 for the highest.
    """

    kind: BlockKind
    text: str
    page: int | None = None
    level: int = 0


@dataclass
class Parsed:
    """A document that was parsed.

    Parameters
    ----------
    blocks : list of Block
    metadata : dict
        What it says of itself: ``title``, ``authors`` (list), ``year``, ``doi``, ``arxiv``, ``bibcode``, ``journal``, ``language``, ``licence`` ...;
        only what is there.
    pages : int, optional
        How many pages there are, read or not.
    problems : list of str
        What could not be read, in sentences: pages without text, files that are missing.
    parser : str
        Which program read it, with its version.
    """

    blocks: list[Block]
    metadata: dict[str, Any] = field(default_factory=dict)
    pages: int | None = None
    problems: list[str] = field(default_factory=list)
    parser: str = ""


def tidy(text: str) -> str:
    """Text in one line: composed characters (NFC), single spaces, none where a line ends between Chinese characters, nothing that does not print.

    Compatibility forms stay what they are, but for ligatures of Latin letters (``ﬁ``), which stand for no sign of their own.
    """
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    text = re.sub("[\ufb00-\ufb06]", lambda m: unicodedata.normalize("NFKC", m[0]), text)
    return _SPACES.sub(" ", _CJK_BREAK.sub("", text).replace("\n", " ")).strip()


def joined_lines(lines: list[str]) -> str:
    """Lines of a paragraph in one: a word that is broken at a line's end is whole again, and no space comes between Chinese characters."""
    out = ""
    for line in (tidy(line) for line in lines):
        if not line:
            continue
        if not out:
            out = line
        elif re.search(r"[a-z]-$", out) and re.match(r"[a-z]", line):
            out = out[:-1] + line
        elif _is_cjk(out[-1]) and _is_cjk(line[0]):
            out += line
        else:
            out += f" {line}"
    return out


def _is_cjk(character: str) -> bool:
    return "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"

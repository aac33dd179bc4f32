"""Titles and abstracts without the marks in which services write them: HTML, JATS, MathML."""

from __future__ import annotations

import html
import re

from gnomon.tools.archives.asking.json_replies import one_line

_BLOCK = re.compile(r"</?(?:\w+:)?(?:p|title|sec|list|list-item|break|br|disp-formula)\b[^>]*>", re.I)


def marked_up(text: str) -> str:
    """Text in one line without marks; signs are what they stand for, and formulae what is left of them.

    Parameters
    ----------
    text : str
    """
    return one_line(html.unescape(re.sub(r"</?[a-zA-Z][^>]*>", "", _BLOCK.sub(" ", text))))


def abstract_of(text: str) -> str:
    """An abstract without marks, and without its heading; empty where it says that there is none, as ADS does.

    Parameters
    ----------
    text : str
    """
    said = re.sub(r"^(?:abstract|summary)\b[\s.:]*", "", marked_up(text), flags=re.I)
    return "" if re.fullmatch(r"(?:not available|no abstract(?: available)?)\.?", said, re.I) else said

"""Prompts: Markdown files with places for data, known by their digest.

What a person, a file or an earlier run said enters a prompt only through `quoted`: as JSON, in which nothing can end the
quotation, and in which the marks by which chat templates tell roles apart are written as escapes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gnomon.agents.language.exchange import Message, estimated_tokens
from gnomon.plans.canonical import text_digest

FOLDER = Path(__file__).with_name("prompts")
LIMIT = 4000
"""Tokens that a prompt may have, by the estimate of `estimated_tokens`, with every tool registered."""

_RULE = "\n---\n"
_PLACE = re.compile(r"\{\{(\w+)\}\}")
# What could be a mark of a chat template: <|im_end|>, </s>, [INST].  A comparison, x<3, is left readable.
_MARK = re.compile(r"<(?=[^\s\d=])|\[(?=/?[A-Z_]{3,}\])")


@dataclass(frozen=True)
class Prompt:
    """A prompt file.

    Parameters
    ----------
    name : str
        Of the file.
    system, user : str
        What stands before and after its rule; all of it is ``user`` where there is none.
    sha256 : str
        Of its bytes.
    """

    name: str
    system: str
    user: str
    sha256: str

    @property
    def digest(self) -> dict[str, str]:
        """Name and digest, for the record of an exchange."""
        return {self.name: self.sha256}

    def messages(self, **data: str) -> list[Message]:
        """The prompt with its places filled; nothing in the data is taken for a place."""
        filled = [_PLACE.sub(lambda place: data[place[1]], text).strip() for text in (self.system, self.user)]
        user = Message(role="user", content=filled[1])
        return [Message(role="system", content=filled[0]), user] if filled[0] else [user]


@cache
def prompt(name: str) -> Prompt:
    """The prompt of that name, ``choose_goal.md``."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    system, rule, user = text.partition(_RULE)
    return Prompt(name, system if rule else "", user if rule else text, text_digest(text))


def quoted(data: Any) -> str:
    """Data as JSON on one line, in which nothing reads as the end of the quotation or as a mark of a chat template."""
    # JSON itself has none of these marks outside its strings, so all escapes fall into strings.
    return _MARK.sub(lambda mark: f"\\u{ord(mark[0]):04x}", json.dumps(data, ensure_ascii=False))


def tokens_of(messages: list[Message]) -> int:
    """About how many tokens messages are, rather too many than too few."""
    return sum(estimated_tokens(m["content"]) for m in messages)

"""What people ask of such a system, whether or not a tool here does it, loaded from ``tasks.yaml`` once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """One task.

    ``about`` is ``astronomy``, ``action`` or ``other``; ``effect`` is what the task would do to the world, or an empty text;
    ``covered_by`` holds phrases by which a tool says that it does the task.  See the head of ``tasks.yaml``.
    """

    key: str
    en: str
    zh: str
    about: str
    effect: str
    covered_by: tuple[str, ...]
    examples: tuple[str, ...]

    def name(self, language: str) -> str:
        """What the task is called in a language."""
        return self.zh if language == "zh" else self.en


@cache
def load() -> tuple[Task, ...]:
    """All tasks, in the order of the file.

    Each line of the file is JSON as well as YAML: a YAML parser would take half a second for it.
    """
    text = Path(__file__).with_name("tasks.yaml").read_text(encoding="utf-8")
    rows = [json.loads(line[2:]) for line in text.splitlines() if line.startswith("- ")]
    return tuple(
        Task(**{**row, "covered_by": tuple(row["covered_by"]), "examples": tuple(row["examples"])}) for row in rows
    )


def uncovered(words: str) -> tuple[Task, ...]:
    """The tasks that no tool does.

    Parameters
    ----------
    words : str
        Everything that the tools say of themselves, in both languages.  English phrases are found as whole words, with or without
        a plural ending, Chinese ones anywhere; case, hyphens and line breaks do not count.
    """
    said = _folded(words)
    return tuple(t for t in load() if not any(_says(said, _folded(p)) for p in t.covered_by))


def named_in(text: str, tasks: Iterable[Task]) -> Task | None:
    """The first of some tasks of astronomy that a text calls by a phrase by which a tool would say that it does it.

    Parameters
    ----------
    text : str
    tasks : iterable of Task
        Usually those that no tool does: who speaks of one of them in the words of the trade asks for it.
    """
    said = _folded(text)
    return next(
        (t for t in tasks if t.about == "astronomy" and any(_says(said, _folded(p)) for p in t.covered_by)), None
    )


def _folded(text: str) -> str:
    return re.sub(r"[\s_\-\u2010-\u2015\u2212]+", " ", text.casefold())


def _says(words: str, phrase: str) -> bool:
    if phrase not in words:  # spares nearly all phrases the slower search
        return False
    whole = rf"(?<![a-z0-9]){re.escape(phrase)}(?:s|es)?(?![a-z0-9])"
    return not phrase.isascii() or re.search(whole, words) is not None

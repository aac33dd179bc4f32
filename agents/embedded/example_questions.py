"""Example questions for the tools that come with Gnomon, beside those that each tool declares.

They were written by many hands to say one thing in many ways (``eval/training/questions.jsonl``); what lies beside this module are their wishes,
without names, columns and what they refuse, as questions are compared.  ``python -m gnomon.eval.fit_goals --vectors`` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("example_questions.json")


@cache
def example_questions() -> Mapping[str, tuple[str, ...]]:
    """Wishes for each tool, by its name."""
    if not FILE.exists():
        return {}
    loaded: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: tuple(texts) for name, texts in loaded.items()}

"""The sentences by which earlier runs are recalled, and the words by which a person asks for that, loaded from ``speech.yaml`` once."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _loaded() -> dict[str, Any]:
    from ruamel.yaml import YAML

    text = Path(__file__).with_name("speech.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return loaded


def told(language: str, key: str, /, **values: Any) -> str:
    """A sentence in a language, with values in place."""
    return str(_loaded()[language][key]).format(**values)


@cache
def pattern(key: str) -> re.Pattern[str]:
    """The regular expression that hears one thing, in either language and in any case."""
    return re.compile("|".join(f"(?:{p})" for p in _loaded()["hears"][key]), re.I)

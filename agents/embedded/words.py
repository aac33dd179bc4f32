"""The words by which the embedded planner understands, loaded from ``words.yaml`` once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


@cache
def words() -> dict[str, Any]:
    """The whole of ``words.yaml``."""
    from ruamel.yaml import YAML

    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(
        (Path(__file__).with_name("words.yaml")).read_text(encoding="utf-8")
    )
    return loaded


def sentence(language: str, key: str, /, **values: Any) -> str:
    """A sentence to a person, in their language."""
    return str(words()["ask"][language][key]).format(**values)


def kind_phrase(language: str, kind: str) -> str:
    """What people call a kind."""
    return str(words()["ask"][language]["kinds"].get(kind, kind))

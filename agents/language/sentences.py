"""What the language planner says to a person, loaded from ``sentences.yaml`` once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gnomon.agents.language.errors import BudgetExhausted, EndpointError, LanguageError, ReplyError


@cache
def _sentences() -> dict[str, dict[str, str]]:
    from ruamel.yaml import YAML

    loaded: dict[str, dict[str, str]] = YAML(typ="safe", pure=True).load(
        Path(__file__).with_name("sentences.yaml").read_text(encoding="utf-8")
    )
    return loaded


def sentence(language: str, key: str, /, **values: str) -> str:
    """A sentence in the language of the question."""
    return _sentences()[language][key].format(**values).strip()


def why(language: str, error: LanguageError) -> str:
    """Why a model was of no use, in the language of the question.

    Errors speak English, as the servers do whose words they quote; in Chinese their sort has to do.
    """
    sorts = ((BudgetExhausted, "why_budget"), (EndpointError, "why_endpoint"), (ReplyError, "why_reply"))
    key = next((key for sort, key in sorts if isinstance(error, sort)), "why_other")
    return sentence(language, key, said=error.what)

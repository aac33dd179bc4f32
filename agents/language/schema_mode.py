"""How a server is asked for JSON: which ways it knows, found out by asking, and the schema in the words that servers share."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gnomon.agents.language.exchange import Message
from gnomon.plans.canonical import text_digest

MODES = ("json_schema", "json_object", "prompt")
"""From the strongest to the weakest way of asking for an object that satisfies a schema."""

_PROMPT = "answer_as_json.md"

# Keywords that strict modes of servers share.  Others (lengths and patterns of text, formats, titles, defaults) make some
# servers refuse the whole schema; they are left out of what is sent, and held to by pydantic all the same.
_SHARED = (
    *("type", "enum", "const", "anyOf", "$ref", "$defs", "properties", "required", "additionalProperties", "items"),
    *("prefixItems", "description", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minItems", "maxItems"),
)


@dataclass(frozen=True)
class Abilities:
    """What a server understands, as far as is known.

    Parameters
    ----------
    mode : str
        The strongest of `MODES` that it has not refused.
    spells_out : bool
        Whether the schema must stand in the prompt as well, because the server took ``response_format`` and ignored it.
    counts : bool
        Whether ``stream_options`` may ask it for the tokens that were used.
    limit : str
        Its name for the limit on a reply's tokens.
    cools : bool
        Whether it lets a client set the temperature.
    """

    mode: str = MODES[0]
    spells_out: bool = False
    counts: bool = True
    limit: str = "max_tokens"
    cools: bool = True

    def without(self, refusal: str) -> Abilities | None:
        """What remains after a refusal; None where the refusal is about nothing that can be left out.

        Parameters
        ----------
        refusal : str
            The server's own words, in a reply with status 400 or 422.
        """
        said = refusal.lower()
        if self.counts and ("stream_options" in said or "include_usage" in said):
            return replace(self, counts=False)
        if self.limit == "max_tokens" and "max_completion_tokens" in said:
            return replace(self, limit="max_completion_tokens")
        if self.cools and "temperature" in said:
            return replace(self, cools=False)
        if self.mode != MODES[-1] and any(
            word in said for word in ("response_format", "schema", "json_object", "grammar")
        ):
            return replace(self, mode=MODES[MODES.index(self.mode) + 1])
        return None

    def request(
        self, messages: Sequence[Message], shape: type[BaseModel] | None, max_tokens: int, temperature: float
    ) -> dict[str, Any]:
        """The body of a request for chat completions, without the model's name."""
        body: dict[str, Any] = {"messages": [dict(m) for m in messages], "stream": True, self.limit: max_tokens}
        if self.counts:
            body["stream_options"] = {"include_usage": True}
        if self.cools:
            body["temperature"] = temperature
        if shape is None:
            return body
        if self.mode == "json_schema":
            named = {"name": shape.__name__[:64], "strict": True, "schema": shared_schema(shape)}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        elif self.mode == "json_object":
            body["response_format"] = {"type": "json_object"}
        if self.in_prompt:
            body["messages"] = _with_schema(messages, shape)
        return body

    @property
    def in_prompt(self) -> bool:
        """Whether the schema is written into the prompt."""
        return self.spells_out or self.mode != "json_schema"


class _Known:
    """What was found out about servers, for as long as the process lives."""

    def __init__(self) -> None:
        self._abilities: dict[tuple[str, str], Abilities] = {}
        self._lock = threading.Lock()

    def get(self, base_url: str, model: str) -> Abilities:
        with self._lock:
            return self._abilities.get((base_url, model), Abilities())

    def put(self, base_url: str, model: str, abilities: Abilities) -> None:
        with self._lock:
            self._abilities[base_url, model] = abilities


KNOWN = _Known()


def schema_prompt() -> dict[str, str]:
    """Name and SHA-256 of the prompt file by which a schema is written into a prompt."""
    return {_PROMPT: text_digest(_prompt())}


@cache
def _prompt() -> str:
    return Path(__file__).with_name(_PROMPT).read_text(encoding="utf-8")


def _with_schema(messages: Sequence[Message], shape: type[BaseModel]) -> list[dict[str, str]]:
    """The messages with the schema at the end of the last one: not every chat template takes one more system message."""
    written = [{"role": m["role"], "content": m["content"]} for m in messages]
    schema = json.dumps(shared_schema(shape), ensure_ascii=False)
    written[-1]["content"] += "\n\n" + _prompt().replace("{schema}", schema).strip()
    return written


@cache
def shared_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a shape in the keywords that servers share: closed objects, all properties required.

    Raises
    ------
    TypeError
        Where an object of the shape is open: each model in it has to say ``extra="forbid"``, and none may hold a mapping.
    """
    shared: dict[str, Any] = _shared(shape.model_json_schema(), shape.__name__)
    return shared


def _shared(schema: Mapping[str, Any], where: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    # anyOf stands for oneOf, which strict modes refuse: the alternatives of a tagged union exclude each other anyway.
    for name, value in {("anyOf" if n == "oneOf" else n): v for n, v in schema.items()}.items():
        if name in ("properties", "$defs"):
            kept[name] = {key: _shared(part, f"{where}.{key}") for key, part in value.items()}
        elif name == "items" and isinstance(value, Mapping):
            kept[name] = _shared(value, f"{where}[]")
        elif name in ("anyOf", "prefixItems"):
            kept[name] = [_shared(part, where) for part in value]
        elif name in _SHARED:
            kept[name] = value
    if "allOf" in schema:
        raise TypeError(f"{where} has a schema that servers do not share: allOf.")
    if kept.get("type") == "object" or "properties" in kept:
        if kept.get("additionalProperties") is not False:
            raise TypeError(f'{where} is open: say extra="forbid", and hold no mapping of free keys.')
        kept["required"] = list(kept.get("properties", {}))
    # Beside a reference strict modes allow nothing, and a description there is only a second one.
    return {name: kept[name] for name in ("$ref", "$defs") if name in kept} if "$ref" in kept else kept

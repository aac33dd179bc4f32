"""One exchange with a model: what was asked, what came back, what it cost.  Small, plain JSON, without secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, Literal, TypedDict, TypeVar

from pydantic import BaseModel

from gnomon.plans.canonical import digest

_TOKEN = re.compile(r"[A-Za-z]{1,4}|[^A-Za-z\s]|\s(?=\d)")

Shape = TypeVar("Shape", bound=BaseModel)


class Message(TypedDict):
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Usage:
    """Tokens of one exchange.

    ``estimated`` is true where the server did not say, or where a request failed after the model may have begun.
    """

    prompt: int = 0
    completion: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        """Tokens of prompt and reply together."""
        return self.prompt + self.completion

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.completion + other.completion, self.estimated or other.estimated)


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost, in a currency of the person's choice."""

    prompt: float
    completion: float
    currency: str = "USD"

    def cost(self, usage: Usage) -> float:
        """What so many tokens cost."""
        return (usage.prompt * self.prompt + usage.completion * self.completion) / 1e6


@dataclass(frozen=True)
class Attempt:
    """One request: how it ended, in a word or by its HTTP status; how long it took; how long was waited afterwards."""

    ended: str
    seconds: float
    waited: float = 0.0


@dataclass(frozen=True)
class Exchange:
    """What was asked of a model and what came of it, failures included.

    Parameters
    ----------
    shape : str
        Name of the schema that the reply had to satisfy; "" for prose.
    schema_sha256 : str
        Digest of that schema; "" for prose.
    messages : sequence of Message
        As the caller gave them.
    prompts : mapping of str to str
        SHA-256 of each prompt file that went into the messages, by name.
    asked : str
        The model that was asked for.
    model : str
        The model as the server names it; "" where it did not say.
    mode : str
        How the schema was demanded: ``json_schema``, ``json_object`` or ``prompt``; "" for prose.
    reply : str
        What the model said, as far as it was read.
    finish : str
        Why the reply ended, as the server says (``stop``, ``length`` ...); ``padding`` where only blanks followed.
    usage : Usage
        Tokens of all attempts together.
    cost : float or None
        In the currency of the prices; None where no prices are set.
    currency : str
        "" where no prices are set.
    seconds : float
        From the question to the reply, waits included.
    attempts : sequence of Attempt
        The requests in order.
    error : str
        "", or the plain sentence with which the exchange ended.
    source : {"model", "recording"}
    """

    shape: str
    schema_sha256: str
    messages: tuple[Message, ...]
    prompts: Mapping[str, str]
    asked: str
    model: str = ""
    mode: str = ""
    reply: str = ""
    finish: str = ""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    currency: str = ""
    seconds: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    error: str = ""
    source: Literal["model", "recording"] = "model"

    def document(self) -> dict[str, Any]:
        """The exchange as JSON, for the record of a planning."""
        document = asdict(self)
        document.update(
            messages=[dict(message) for message in self.messages],
            prompts=dict(self.prompts),
            attempts=[asdict(attempt) for attempt in self.attempts],
            seconds=round(self.seconds, 3),
        )
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Exchange:
        """The exchange of a `document`.

        Raises
        ------
        TypeError, KeyError, ValueError, AttributeError
            Where it is not one.
        """
        fields = dict(document)
        fields["messages"] = tuple(Message(role=m["role"], content=m["content"]) for m in fields["messages"])
        fields["usage"] = Usage(**fields["usage"])
        fields["attempts"] = tuple(Attempt(**attempt) for attempt in fields["attempts"])
        return cls(**fields)


@dataclass(frozen=True)
class Reply(Generic[Shape]):
    """A reply that satisfies its schema, and the exchange that gave it."""

    value: Shape
    exchange: Exchange


def key(model: str, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> str:
    """What makes two questions to a model the same: model, messages and schema; not the server, so that CI has no server."""
    return digest({"model": model, "messages": [dict(m) for m in messages], "schema": schema})


def estimated_tokens(text: str) -> int:
    """About how many tokens a text is: rather too many than too few, so that a budget is kept.

    Vocabularies differ.  Counted here as one token each are up to four Latin letters, a digit, a blank before a digit, a sign,
    and a letter of any other script.  Against the tokenizer of Qwen 2.5, which takes each digit for itself, this gave 1.0 to
    1.6 times the true number in English, Chinese, Greek, JSON, code and tables of numbers, 0.9 in formulas with raised figures.
    """
    return len(_TOKEN.findall(text))

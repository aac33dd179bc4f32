"""A language model behind any OpenAI-compatible server: one question, one answer, within a budget and on the record.

Chat completions only, streamed, and never with tools.  What comes back is either an object that satisfies its schema or prose;
all else is an error with a plain sentence.  Code that imports this module does not import the client library.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, SecretStr

from gnomon.agents.language.answer import object_in, prose_in, require_answer
from gnomon.agents.language.budget import Budget
from gnomon.agents.language.errors import LanguageError, NoObject, ReplyError
from gnomon.agents.language.exchange import (
    Attempt,
    Exchange,
    Message,
    Prices,
    Reply,
    Shape,
    Usage,
    estimated_tokens,
)
from gnomon.agents.language.faults import fault
from gnomon.agents.language.parsing import parse
from gnomon.agents.language.patience import Patience
from gnomon.agents.language.replies import Replies
from gnomon.agents.language.runaway import Runaway
from gnomon.agents.language.schema_mode import KNOWN, Abilities, schema_prompt, shared_schema
from gnomon.agents.language.settings import NO_KEY, LanguageSettings, checked_key, checked_url
from gnomon.plans.canonical import digest
from gnomon.tools.errors import UsageError

if TYPE_CHECKING:
    from gnomon.agents.language.wire import Outcome, Wire

Value = TypeVar("Value")

# A shorter key could be a word, and blanking it out would spoil what the model said.
_SHORTEST_SECRET = 8


@dataclass(frozen=True)
class _Question:
    messages: tuple[Message, ...]
    shape: type[BaseModel] | None
    max_tokens: int
    prompts: Mapping[str, str]

    @property
    def schema(self) -> dict[str, Any] | None:
        return None if self.shape is None else shared_schema(self.shape)


@dataclass
class _Call:
    """What one question has taken so far; ``is_short`` where the budget leaves it less time than the deadline."""

    exchange: Exchange
    start: float
    until: float
    is_short: bool
    abilities: Abilities
    attempts: list[Attempt] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    def left(self) -> float:
        return self.until - time.monotonic()


class Endpoint:
    """One model on one server.

    May be shared by threads.  Its ``exchanges`` are all that was asked and what came of it, failures included; neither they
    nor errors nor the repr hold the key.

    Parameters
    ----------
    base_url : str or None
        Address of the server; None for the one that the client library knows.
    model : str
        The model's name there.
    api_key : str or pydantic.SecretStr, optional
        Its key, where the server wants one.
    budget : Budget
        What may be spent; shared by all questions of one planning.
    timeout : float
        Seconds without a byte after which a request is given up.
    deadline : float
        Seconds that one question may take, with all its retries.
    retries : int
        How often a request is repeated where that may help; a reply that broke off is asked for once more only.
    temperature : float
        0 asks for the likeliest words.
    prices : Prices, optional
        Without them costs are unknown.
    replies : Replies, optional
        Recorded replies that are played back; nothing is asked of a server where they have the question.

    Raises
    ------
    UsageError
        Where address or key cannot be used, or the budget limits a cost that no prices tell.
    """

    def __init__(
        self,
        base_url: str | None,
        model: str,
        api_key: str | SecretStr | None = None,
        *,
        budget: Budget,
        timeout: float = 120.0,
        deadline: float = 300.0,
        retries: int = 4,
        temperature: float = 0.0,
        prices: Prices | None = None,
        replies: Replies | None = None,
    ) -> None:
        if budget.cost is not None and prices is None:
            raise UsageError(
                "The budget of the language model limits its cost, and no prices are set.",
                remedy="Set language.prices.prompt and language.prices.completion, or limit tokens instead.",
            )
        self.base_url = checked_url(base_url) if base_url else None
        self.model = model
        self.budget = budget
        self.timeout = timeout
        self.deadline = deadline
        self.retries = retries
        self.temperature = temperature
        self.prices = prices
        self.replies = replies
        self.exchanges: list[Exchange] = []
        key = api_key.get_secret_value() if isinstance(api_key, SecretStr) else api_key
        self._key = None if key == NO_KEY else checked_key(key)
        self._wire: Wire | None = None
        self._lock = threading.Lock()

    @classmethod
    def of(
        cls, settings: LanguageSettings, *, budget: Budget | None = None, replies: Replies | None = None
    ) -> Endpoint:
        """The endpoint that a person set up.

        Raises
        ------
        UsageError
            Where no model is set, or neither server nor key.
        """
        if not settings.model or not (settings.is_set or replies):
            raise UsageError(
                "No language model is set up.",
                remedy="Set GNOMON_MODEL, and OPENAI_BASE_URL or OPENAI_API_KEY; or plan with --planner embedded.",
            )
        return cls(
            settings.base_url,
            settings.model,
            settings.api_key,
            budget=budget or settings.budget(),
            timeout=settings.timeout,
            deadline=settings.deadline,
            retries=settings.retries,
            temperature=settings.temperature,
            prices=settings.prices,
            replies=replies,
        )

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r}, {self.model!r})"

    def close(self) -> None:
        """Give connections back; the next question makes new ones."""
        with self._lock:
            if self._wire is not None:
                self._wire.close()
                self._wire = None

    def choose(
        self,
        messages: Sequence[Message],
        shape: type[Shape],
        max_tokens: int,
        *,
        prompts: Mapping[str, str] | None = None,
    ) -> Reply[Shape]:
        """Ask for an object.

        Parameters
        ----------
        messages : sequence of Message
            At least one; the last from the user.
        shape : type of pydantic.BaseModel
            What the object must satisfy; it and all models in it say ``extra="forbid"`` and hold no mappings.  Bounds that a
            server does not enforce are enforced here.
        max_tokens : int
            Most tokens of the reply.
        prompts : mapping of str to str, optional
            SHA-256 of the prompt files that went into the messages, by name, for the record.

        Returns
        -------
        Reply
            ``value`` is an instance of the shape.

        Raises
        ------
        ReplyError
            Where what the model said does not satisfy the shape, or is no answer.
        EndpointError
            Where the server cannot be used.
        BudgetExhausted
            Where the budget is used up, before a request is sent.
        MissingExchange
            Where replies are played back, and none is recorded for this question.
        """
        exchange = self._exchange(_Question(tuple(messages), shape, max_tokens, dict(prompts or {})))
        return Reply(self._noted(exchange, lambda: object_in(exchange, shape)), exchange)

    def write(self, messages: Sequence[Message], max_tokens: int, *, prompts: Mapping[str, str] | None = None) -> str:
        """Ask for prose.

        Parameters
        ----------
        messages, max_tokens, prompts
            As in `choose`.

        Returns
        -------
        str
            What the model wrote, without blanks around it.

        Raises
        ------
        ReplyError
            Where it wrote nothing, repeated the prompt, declined, or was cut off at ``max_tokens``.
        EndpointError, BudgetExhausted, MissingExchange
            As in `choose`.
        """
        exchange = self._exchange(_Question(tuple(messages), None, max_tokens, dict(prompts or {})))
        return self._noted(exchange, lambda: prose_in(exchange))

    def _noted(self, exchange: Exchange, read: Callable[[], Value]) -> Value:
        """What is read from an exchange, which goes on the record with what was wrong with it."""
        try:
            value = read()
        except ReplyError as error:
            self.exchanges.append(replace(exchange, error=error.what))
            raise
        self.exchanges.append(exchange)
        return value

    def _exchange(self, question: _Question) -> Exchange:
        """A reply as it came, recorded or from the server."""
        if self.replies is not None:
            found = self.replies.find(self.model, question.messages, question.schema)
            if found is not None:
                self.budget.admit(0, question.max_tokens)
                self.budget.spend(found.usage, found.cost)
                return replace(found, prompts={**found.prompts, **question.prompts})
        exchange = self._ask(question)
        if self._ignores_schema(exchange):
            exchange = self._ask(question)
        if self.replies is not None:
            self.replies.keep(exchange, question.schema)
        return exchange

    def _ignores_schema(self, exchange: Exchange) -> bool:
        """Whether the server took the schema and gave prose; from then on the prompt has the schema as well."""
        abilities = KNOWN.get(self.base_url or "", self.model)
        if not exchange.shape or exchange.finish != "stop" or abilities.in_prompt:
            return False
        try:
            require_answer(exchange)
            parse(exchange.reply)
        except NoObject as error:
            self.exchanges.append(replace(exchange, error=error.what))
            KNOWN.put(self.base_url or "", self.model, replace(abilities, spells_out=True))
            return True
        except ReplyError:
            return False
        return False

    def _ask(self, question: _Question) -> Exchange:
        with self.budget.timed():
            return self._ask_in_time(question)

    def _ask_in_time(self, question: _Question) -> Exchange:
        call = self._begin(question)
        patience = Patience(self.retries)
        while True:
            try:
                outcome = self._send(question, call)
            except LanguageError as error:
                self.exchanges.append(self._ended(call, error=error.what))
                raise
            if outcome.ended == "reply":
                KNOWN.put(self.base_url or "", self.model, call.abilities)
                return self._ended(call, outcome)
            lower = call.abilities.without(outcome.text) if outcome.status in (400, 422) else None
            if lower is not None:
                call.abilities = lower
                continue
            wait = patience.wait(outcome)
            if wait is None or wait >= call.left():
                failure = self._fault(call, outcome)
                self.exchanges.append(self._ended(call, outcome, error=failure.what))
                raise failure
            call.attempts[-1] = replace(call.attempts[-1], waited=round(wait, 3))
            time.sleep(wait)

    def _begin(self, question: _Question) -> _Call:
        start = time.monotonic()
        blank = Exchange(
            shape=question.shape.__name__ if question.shape else "",
            schema_sha256=digest(question.schema) if question.schema else "",
            messages=question.messages,
            prompts=question.prompts,
            asked=self.model,
        )
        # A budget that has run out is told apart from a slow server by `admit`, before anything is sent.
        budgeted = max(self.budget.seconds_left(), 0.0)
        until = start + min(self.deadline, budgeted)
        return _Call(blank, start, until, budgeted < self.deadline, KNOWN.get(self.base_url or "", self.model))

    def _send(self, question: _Question, call: _Call) -> Outcome:
        """Send one request within budget and deadline, and count what it took."""
        body = call.abilities.request(question.messages, question.shape, question.max_tokens, self.temperature)
        prompt = estimated_tokens("".join(m["content"] for m in body["messages"]))
        allowed = self.budget.admit(prompt, question.max_tokens)
        body.update({"model": self.model, call.abilities.limit: allowed})
        outcome = self._clean(self._connected().send(body, Runaway(allowed), call.left()))
        used = _used(outcome, prompt)
        self.budget.spend(used, self.prices.cost(used) if self.prices else None)
        call.usage += used
        call.attempts.append(Attempt(outcome.name, round(outcome.seconds, 3)))
        return outcome

    def _connected(self) -> Wire:
        from gnomon.agents.language.wire import Wire

        with self._lock:
            if self._wire is None:
                key = self._key.get_secret_value() if self._key else NO_KEY
                self._wire = Wire(self.base_url, key, self.timeout)
            return self._wire

    def _ended(self, call: _Call, outcome: Outcome | None = None, error: str = "") -> Exchange:
        """The exchange as it stands at the end of a call."""
        is_object = bool(call.exchange.shape)
        prompts = dict(call.exchange.prompts)
        if is_object and call.abilities.in_prompt:
            prompts |= schema_prompt()
        ended = replace(
            call.exchange,
            prompts=prompts,
            mode=call.abilities.mode if is_object else "",
            usage=call.usage,
            cost=self.prices.cost(call.usage) if self.prices else None,
            currency=self.prices.currency if self.prices else "",
            seconds=time.monotonic() - call.start,
            attempts=tuple(call.attempts),
            error=error,
        )
        if outcome is None:
            return ended
        said = outcome.completion
        finish = "refusal" if said.refusal else "tool_calls" if said.called and not said.text else said.finish
        return replace(ended, model=said.model, reply=said.refusal or said.text, finish=finish)

    def _fault(self, call: _Call, outcome: Outcome) -> LanguageError:
        if outcome.ended == "deadline" and call.is_short:
            return self.budget.exhausted("seconds")
        return fault(
            outcome,
            self._connected().host,
            self.model,
            requests=len(call.attempts),
            seconds=self.timeout if outcome.ended == "silence" else self.deadline,
            has_key=self._key is not None,
        )

    def _clean(self, outcome: Outcome) -> Outcome:
        """The outcome without the key, which a server may say again."""
        key = self._key.get_secret_value() if self._key else ""
        if len(key) < _SHORTEST_SECRET:
            return outcome

        def clean(text: str) -> str:
            return text.replace(key, "[key]")

        said = outcome.completion
        completion = replace(
            said,
            text=clean(said.text),
            refusal=clean(said.refusal),
            finish=clean(said.finish),
            model=clean(said.model),
        )
        return replace(
            outcome, completion=completion, said=clean(outcome.said), text=clean(outcome.text), to=clean(outcome.to)
        )


def _used(outcome: Outcome, prompt: int) -> Usage:
    """Tokens that a request took: the server's count; an estimate where it gave none; nothing where it refused."""
    said = outcome.completion
    if said.usage is not None:
        return said.usage
    if outcome.ended in ("status", "connection", "unreadable"):
        return Usage()
    return Usage(prompt, estimated_tokens(said.text + said.refusal) + -(-said.thought // 3), estimated=True)

"""How much may be asked of a model in one planning: hard limits, checked before every request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from gnomon.agents.language.errors import BudgetExhausted
from gnomon.agents.language.exchange import Usage

_REMEDY = "Raise language.budget.{name} in the settings, or plan with --planner embedded."


@dataclass
class Budget:
    """Hard limits on requests, tokens, seconds and cost; what is spent is counted here and nowhere else.

    Every request counts, failed and repeated ones too.  Seconds run while a model is asked or a retry is waited for, not
    while a person reads.  A limit of None is no limit.  May be shared by threads.

    Parameters
    ----------
    requests, tokens : int, optional
        Requests sent, and tokens of prompts and replies together.
    seconds : float, optional
        Wall time spent in calls.
    cost : float, optional
        In the currency of the prices.  An `Endpoint` without prices refuses a budget with a limit on cost.
    """

    requests: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    cost: float | None = None
    spent_requests: int = field(default=0, init=False)
    spent: Usage = field(default_factory=Usage, init=False)
    spent_seconds: float = field(default=0.0, init=False)
    spent_cost: float | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def admit(self, prompt: int, completion: int) -> int:
        """Count one request, if it may be sent.

        Parameters
        ----------
        prompt, completion : int
            Tokens that its prompt is about to take, and tokens that its reply may take.

        Returns
        -------
        int
            Tokens that its reply may take within the budget: ``completion`` or fewer.

        Raises
        ------
        BudgetExhausted
            Where a limit is reached, or the prompt alone would pass the limit on tokens.
        """
        with self._lock:
            left = completion
            if self.tokens is not None:
                left = min(completion, self.tokens - self.spent.total - prompt)
            reached = {
                "requests": self.requests is not None and self.spent_requests >= self.requests,
                "tokens": left < 1,
                "seconds": self.seconds is not None and self.spent_seconds >= self.seconds,
                "cost": self.cost is not None and (self.spent_cost or 0.0) >= self.cost,
            }
            for name, is_reached in reached.items():
                if is_reached:
                    raise self.exhausted(name)
            self.spent_requests += 1
            return left

    def exhausted(self, name: str) -> BudgetExhausted:
        """The error of a limit that is reached."""
        limit = getattr(self, name)
        return BudgetExhausted(
            f"The budget for the language model, {_said(limit)} {name}, leaves no room for another request (spent: {self}).",
            remedy=_REMEDY.format(name=name),
        )

    def spend(self, usage: Usage, cost: float | None) -> None:
        """Count what a request took; cost is None where no prices are set."""
        with self._lock:
            self.spent += usage
            if cost is not None:
                self.spent_cost = (self.spent_cost or 0.0) + cost

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count the seconds of what is done inside."""
        start = monotonic()
        try:
            yield
        finally:
            with self._lock:
                self.spent_seconds += monotonic() - start

    def seconds_left(self) -> float:
        """Seconds that may still be spent; infinity where there is no limit."""
        return float("inf") if self.seconds is None else self.seconds - self.spent_seconds

    def document(self) -> dict[str, Any]:
        """Limits and what was spent, as JSON."""
        return {
            "limits": {
                "requests": self.requests,
                "tokens": self.tokens,
                "seconds": self.seconds,
                "cost": self.cost,
            },
            "spent": {
                "requests": self.spent_requests,
                "prompt_tokens": self.spent.prompt,
                "completion_tokens": self.spent.completion,
                "tokens_estimated": self.spent.estimated,
                "seconds": round(self.spent_seconds, 3),
                "cost": self.spent_cost,
            },
        }

    def __str__(self) -> str:
        about = "about " if self.spent.estimated else ""
        cost = "cost unknown, no prices are set" if self.spent_cost is None else f"cost {self.spent_cost:.4g}"
        requests = "1 request" if self.spent_requests == 1 else f"{self.spent_requests} requests"
        return f"{requests}, {about}{self.spent.total} tokens, {self.spent_seconds:.0f} s, {cost}"


def _said(limit: float) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)

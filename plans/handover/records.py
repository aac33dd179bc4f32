"""What the book knows of a payload, an approval, a hand-over and a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gnomon.plans.handover.packet import Charge
from gnomon.plans.handover.rules import Rule
from gnomon.plans.handover.states import may_move, overall, spends


@dataclass
class PayloadState:
    """What is known of one payload: its key, where it went, and what the facility calls it."""

    facility: str
    key: str
    state: str = "unsent"
    identifier: str = ""
    said: str = ""
    sent: list[str] = field(default_factory=list)
    began: bool = False

    def may_become(self, state: str) -> bool:
        """Whether it may be said to be in a state; `unsent` only where it was sent no earlier time."""
        return may_move(self.state, state) and (state != "unsent" or len(self.sent) <= 1)


@dataclass
class Approved:
    """One approval: who gave it, how, when, until when; for one by a rule which one, and of which alert."""

    who: str
    how: str
    when: str
    until: float
    rule: str = ""
    alert: str = ""


@dataclass
class HandOver:
    """One packet on its way."""

    digest: str
    title: str
    valid_until: float
    alert: str
    identifier: str
    charges: list[Charge]
    payloads: dict[str, PayloadState]
    state: str = "draft"
    page: str = ""
    approvals: list[Approved] = field(default_factory=list)
    made: str = ""
    last: str = ""

    def spent(self) -> list[Charge]:
        """What of it counts against budgets."""
        return [c for c in self.charges if spends(self.payloads[c.payload].state, began=self.payloads[c.payload].began)]

    def overall(self, told: Mapping[str, str]) -> str:
        """Its state once it was submitted, with what is told of some payloads now."""
        states = {**{n: p.state for n, p in self.payloads.items()}, **told}
        return overall(states.values(), began=any(p.began for p in self.payloads.values()))

    def to_send(self) -> list[str]:
        """Payloads that were not sent, were refused, or of which nobody knows."""
        return [n for n, p in self.payloads.items() if p.state in ("unsent", "sending", "refused")]


@dataclass
class RuleState:
    """A rule, who approved it, and whether it was switched off."""

    rule: Rule
    people: list[str] = field(default_factory=list)
    off: bool = False


def login(who: str) -> str:
    """Of ``login@host`` the login: one person at two machines is one person."""
    return who.partition("@")[0]

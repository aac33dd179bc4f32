"""Policy: which effects and costs need a person, and which are never allowed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gnomon.plans.canonical import digest
from gnomon.plans.costs import spoken_bytes
from gnomon.plans.plan import Plan
from gnomon.tools.registry import EFFECTS

Decision = Literal["automatic", "ask", "deny"]
_ORDER: tuple[Decision, ...] = ("automatic", "ask", "deny")

# Effects that no setting and no flag can take the person out of.
ALWAYS_ASK = frozenset({"submit"})
# Effects that `--yes` never covers: they reach beyond this machine, or run code that nobody wrote down beforehand.
NEVER_BEFOREHAND = frozenset({"submit", "spend", "run_code"})


def _ask_all() -> dict[str, Decision]:
    return dict.fromkeys(EFFECTS, "ask")


class Policy(BaseModel):
    """Maps effects and costs to a decision; what it does not name is asked.

    Parameters
    ----------
    effects : dict
        Effect to ``automatic``, ``ask`` or ``deny``.
    beforehand : list of str
        Effects that ``--yes`` may approve.
    seconds : float
        Plans expected to take longer are always asked, whatever their effects.
    seconds_limit : float
        Plans expected to take longer are denied.
    rows, bytes : float
        Plans expected to take more rows or bytes from services are always asked.
    rows_limit, bytes_limit : float
        Plans expected to take more are denied.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    effects: dict[str, Decision] = Field(default_factory=_ask_all)
    beforehand: list[str] = Field(default_factory=lambda: ["compute", "read_network", "write_files"])
    seconds: float = 3600.0
    seconds_limit: float = 7 * 86400.0
    # A million rows of a catalogue with 24 columns are a quarter of a gigabyte, which a laptop still holds in memory as a table;
    # a hundred million are a share of somebody else's machine, and no services give so many at once.
    rows: float = 1e6
    rows_limit: float = 1e8
    bytes: float = 1e9
    bytes_limit: float = 1e11

    @model_validator(mode="after")
    def _safe(self) -> Policy:
        unknown = (set(self.effects) | set(self.beforehand)) - set(EFFECTS)
        if unknown:
            raise ValueError(f"unknown effects {', '.join(sorted(unknown))}; there are {', '.join(EFFECTS)}")
        if any(self.effects.get(e) == "automatic" for e in ALWAYS_ASK):
            raise ValueError("submit always asks; it cannot be made automatic")
        if set(self.beforehand) & NEVER_BEFOREHAND:
            raise ValueError(
                f"{', '.join(sorted(set(self.beforehand) & NEVER_BEFOREHAND))} cannot be approved beforehand"
            )
        return self

    @property
    def digest(self) -> str:
        """The policy's identity; an approval given under another one does not count."""
        return digest(self.model_dump(mode="json"))

    def decide(self, plan: Plan) -> tuple[Decision, list[str]]:
        """What the policy says of a plan, and why, in plain sentences."""
        decision: Decision = "automatic"
        reasons: list[str] = []
        for effect in plan.effects:
            verdict = self.effects.get(effect, "ask")
            if verdict != "automatic":
                reasons.append(f"{effect}: {verdict}")
            decision = max(decision, verdict, key=_ORDER.index)
        for name, expected, least, most, said in (
            ("seconds", "expected to take", self.seconds, self.seconds_limit, lambda n: f"{n:.0f} s"),
            ("rows", "expected to fetch up to", self.rows, self.rows_limit, lambda n: f"{n:,.0f} rows"),
            ("bytes", "expected to fetch up to", self.bytes, self.bytes_limit, spoken_bytes),
        ):
            amount = plan.cost.get(name, 0.0)
            if amount > most:
                reasons.append(f"{expected} {said(amount)}, over the limit of {said(most)}")
                decision = "deny"
            elif amount > least:
                reasons.append(f"{expected} {said(amount)}, over the {said(least)} that need no question")
                decision = max(decision, "ask", key=_ORDER.index)
        return decision, reasons

    def covers_beforehand(self, plan: Plan) -> bool:
        """Whether ``--yes`` may approve this plan."""
        return set(plan.effects) <= set(self.beforehand) and self.decide(plan)[0] != "deny"

"""Rules that people approve beforehand: which alerts may be answered without asking, with what, and how much of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gnomon.plans.canonical import digest
from gnomon.plans.handover.limits import slack, too_much
from gnomon.plans.handover.packet import Charge
from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.conditions import check_conditions, evaluate
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.facilities.keys import FACILITIES


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Allowance(_Record):
    """What one hand-over under the rule may take: these telescopes and proposals, these facilities, so many hours and visits."""

    telescopes: list[str] = Field(min_length=1)
    proposals: list[str] = Field(min_length=1)
    facilities: list[str] = Field(min_length=1)
    hours: float = Field(gt=0, allow_inf_nan=False)
    visits: int = Field(gt=0)


class RuleBudget(_Record):
    """What all hand-overs under the rule may take together."""

    hours: float = Field(gt=0, allow_inf_nan=False)
    handovers: int = Field(gt=0)


class Rule(_Record):
    """The document ``gnomon handover rule``.

    Parameters
    ----------
    key, name : str
    when : dict
        Conditions over the fields of an alert, in the language of `gnomon.tools.observing.alerts.conditions`; only a plain yes counts, so a
        field that the alert has not never helps.
    allow : Allowance
    budget : RuleBudget
    expires : str
        UTC.
    """

    form: Literal["gnomon handover rule"] = "gnomon handover rule"
    version: Literal[1] = 1
    key: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    name: str = ""
    when: dict[str, Any] = Field(min_length=1)
    allow: Allowance
    budget: RuleBudget
    expires: str

    @property
    def digest(self) -> str:
        """The rule's identity; a changed rule is another one, which nobody has approved."""
        return digest(self.model_dump(mode="json"))


def read_rule(document: Mapping[str, Any]) -> Rule:
    """Read the document.

    Raises
    ------
    InputError
        Naming the place.
    """
    try:
        rule = Rule.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"The rule cannot be read: {'.'.join(map(str, first['loc']))}: {first['msg']}.",
            remedy="docs/how-to/hand-over-observations.md shows one.",
        ) from error
    try:
        mjd_of(rule.expires)
    except InputError as error:
        raise InputError(f"The rule {rule.key}: expires: {error.what}", remedy=error.remedy) from error
    check_conditions(rule.when, f"The rule {rule.key}")
    return rule


def require_useful(rule: Rule, moment: float) -> None:
    """Raise where a rule could never approve anything; it is asked of rules that people add, and not of those that the ledger has.

    Parameters
    ----------
    rule : Rule
    moment : float
        The present [MJD UTC].

    Raises
    ------
    InputError
    """
    if mjd_of(rule.expires) <= moment:
        raise InputError(f"The rule {rule.key} has expired already, on {rule.expires}.", remedy="Say a later time.")
    if unknown := [f for f in rule.allow.facilities if f.split(" ")[0] not in FACILITIES]:
        raise InputError(
            f"The rule {rule.key} allows the facility {unknown[0]!r}, and there is none of that kind.",
            remedy=f"Write {' or '.join(FACILITIES)}, with an address behind it where only that one is meant.",
        )


def why_not(rule: Rule, fields: Mapping[str, Any]) -> list[str]:
    """Why a rule does not answer an alert, in sentences; none where it does.

    Tests and retractions are never answered, whatever a rule says.
    """
    sentences = []
    if fields.get("is_test") is not False:
        sentences.append("the alert does not say that it is no test")
    if fields.get("kind") == "retraction":
        sentences.append("the alert was retracted")
    verdict = evaluate(rule.when, fields)
    if not verdict.matches:
        sentences.append(
            f"the conditions of the rule {rule.key} are not met ({'; '.join(x.strip() for x in verdict.lines())})"
        )
    return sentences


def alert_class_of(fields: Mapping[str, Any]) -> str:
    """What kind of event an alert is of, for budgets: its most probable class, else what it calls itself."""
    classes = fields.get("classification") or {}
    if classes:
        return str(max(sorted(classes), key=lambda name: classes[name]))
    return str(next((fields[k] for k in ("object_class", "trigger_type", "messenger") if fields.get(k)), ""))


def outside_allowance(rule: Rule, charges: Sequence[Charge], facilities: Mapping[str, str]) -> list[str]:
    """A sentence for each thing that a hand-over takes and the rule does not allow.

    Parameters
    ----------
    rule : Rule
    charges : sequence of Charge
    facilities : mapping
        For each payload ``kind address``: a rule names the two as ``ocs https://observe.example.org``, or the kind alone.
    """
    allow = rule.allow
    sentences = [
        f"the rule {rule.key} does not allow the {what} {name}"
        for what, named, allowed in (
            ("telescope", {c.telescope for c in charges}, allow.telescopes),
            ("proposal", {c.proposal for c in charges}, allow.proposals),
        )
        for name in sorted(named - set(allowed))
    ]
    for told in sorted(set(facilities.values())):
        if told not in allow.facilities and told.split(" ")[0] not in allow.facilities:
            sentences.append(f"the rule {rule.key} does not allow the facility {told}")
    hours, visits = sum(c.hours for c in charges), sum(c.visits for c in charges)
    if hours > allow.hours + slack(len(charges)):
        sentences.append(
            f"the rule {rule.key} allows {allow.hours:g} h at a time, and this needs {hours:.2f} h: {too_much(hours - allow.hours)}"
        )
    if visits > allow.visits:
        sentences.append(f"the rule {rule.key} allows {allow.visits} visits at a time, and this needs {visits}")
    return sentences


def over_rule_budget(rule: Rule, spent: Sequence[Charge], handovers: int, more: Sequence[Charge]) -> list[str]:
    """A sentence for each part of the rule's budget that one more hand-over would exceed."""
    sentences = []
    before, wanted = sum(c.hours for c in spent), sum(c.hours for c in more)
    if before + wanted > rule.budget.hours + slack(len(spent) + len(more)):
        sentences.append(
            f"the budget of the rule {rule.key} is {rule.budget.hours:g} h, of which {before:.2f} h are spent, and this needs {wanted:.2f} h: {too_much(before + wanted - rule.budget.hours)}"
        )
    if handovers + 1 > rule.budget.handovers:
        sentences.append(f"the budget of the rule {rule.key} is {rule.budget.handovers} hand-overs, and all are spent")
    return sentences

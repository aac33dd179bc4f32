"""Approval: one named person, one time, one exact hash, and the digest of exactly what that person saw."""

from __future__ import annotations

import getpass
import socket
from typing import Literal

from pydantic import BaseModel, ConfigDict

from gnomon.plans.canonical import text_digest
from gnomon.plans.handover.gate import RuleGrant
from gnomon.plans.journal import now
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.render import plan_page
from gnomon.tools.errors import ApprovalError, StaleApproval


class Approval(BaseModel):
    """The record of a decision on a plan.

    ``how`` is ``terminal`` (a person at a prompt), ``command`` (``gnomon approve`` or ``reject``), ``beforehand`` (``--yes``),
    ``policy`` (every effect of the plan is automatic there) or ``rule`` (a rule that people approved lets exactly this be handed over).  ``page`` is what the person saw, ``shown`` its digest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Literal["approve", "reject"]
    who: str
    when: str
    how: Literal["terminal", "command", "beforehand", "policy", "rule"]
    reason: str = ""
    plan: str
    shown: str
    page: str
    policy: str
    effects: list[str]
    cost: dict[str, float]


def person() -> str:
    """Who sits at this machine: login name and host."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def decide(
    plan: Plan,
    policy: Policy,
    decision: Literal["approve", "reject"],
    how: Literal["terminal", "command", "beforehand", "policy", "rule"],
    *,
    who: str | None = None,
    reason: str = "",
    grant: RuleGrant | None = None,
) -> Approval:
    """Make the record of a decision; `grant` is what the gate gives where a rule decides.

    Raises
    ------
    ApprovalError
        Where the policy does not let this plan be approved in this way.
    """
    verdict, reasons = policy.decide(plan)
    if decision == "approve":
        if verdict == "deny":
            raise ApprovalError(
                f"The policy denies this plan: {'; '.join(reasons)}.",
                remedy="Change the plan, or the policy in settings.toml.",
            )
        if how == "policy" and verdict != "automatic":
            raise ApprovalError(
                f"The policy asks for a person: {'; '.join(reasons)}.", remedy="Approve it with `gnomon approve`."
            )
        if how == "beforehand" and not policy.covers_beforehand(plan):
            raise ApprovalError(
                "--yes does not cover every effect of this plan.",
                remedy="Read it and approve it with `gnomon approve`.",
            )
        if how == "rule" and (grant is None or grant.plan != plan.hash):
            raise ApprovalError("No rule lets this plan go.", remedy="Read it and approve it with `gnomon approve`.")
    if how == "rule" and grant is not None:
        who, reason = grant.who, f"rule {grant.rule}"
    page = plan_page(plan)
    return Approval(
        decision=decision,
        who=who or person(),
        when=now(),
        how=how,
        reason=reason,
        plan=plan.hash,
        shown=text_digest(page),
        page=page,
        policy=policy.digest,
        effects=plan.effects,
        cost=plan.cost,
    )


def require(approval: Approval | None, plan: Plan, policy: Policy | None) -> None:
    """Raise unless `approval` allows exactly this plan, as it would be shown now, under this policy.

    Parameters
    ----------
    approval : Approval or None
    plan : Plan
    policy : Policy or None
        The one in force; None where nothing acts on the world, as when a run is replayed or verified elsewhere.

    Raises
    ------
    ApprovalError
        Where nobody approved, or somebody rejected.
    StaleApproval
        Naming the digest that differs.
    """
    if approval is None:
        raise ApprovalError("Nobody has approved this plan.", remedy="`gnomon approve RUN` does.")
    if approval.decision != "approve":
        raise ApprovalError(
            f"{approval.who} rejected this plan on {approval.when}.", remedy="Ask again with a changed plan."
        )
    # What was acted on stands, though a later Gnomon may word the page otherwise; what is about to be acted on must be what
    # would be shown now.
    page = plan_page(plan) if policy else approval.page
    for name, approved, present in (
        ("plan", approval.plan, plan.hash),
        ("page that was shown", approval.shown, text_digest(page)),
        ("policy", approval.policy, policy.digest if policy else approval.policy),
    ):
        if approved != present:
            raise StaleApproval(
                f"The {name} changed after the approval: approved {approved[:12]}…, now {present[:12]}….",
                remedy="Read it again and approve it again with `gnomon approve`, or restore what was approved.",
            )
    if plan.hash not in page:
        raise StaleApproval(
            "The page that was shown is not of this plan.", remedy="Read the plan and approve it with `gnomon approve`."
        )

"""Approval and policy: of one exact hash, as it was shown, under the policy in force."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from toy_steps import READ

from gnomon.plans import approval as approvals
from gnomon.plans.plan import Plan
from gnomon.plans.policy import Policy
from gnomon.plans.render import plan_page
from gnomon.tools.errors import ApprovalError
from gnomon.tools.registry import EFFECTS


def test_allows_what_was_approved(simple_plan: Plan) -> None:
    record = approvals.decide(simple_plan, Policy(), "approve", "command", who="Hypatia", reason="looks right")
    approvals.require(record, simple_plan, Policy())
    assert (record.who, record.reason, record.plan) == ("Hypatia", "looks right", simple_plan.hash)


def test_nothing_else(simple_plan: Plan) -> None:
    record = approvals.decide(simple_plan, Policy(), "approve", "command")
    edited = simple_plan.model_copy(update={"question": simple_plan.question + "?"})
    with pytest.raises(ApprovalError, match=rf"plan changed.*{simple_plan.hash[:12]}.*{edited.hash[:12]}"):
        approvals.require(record, edited, Policy())
    with pytest.raises(ApprovalError, match="policy changed"):
        approvals.require(record, simple_plan, Policy(seconds=10.0))
    with pytest.raises(ApprovalError, match="page that was shown"):
        approvals.require(record.model_copy(update={"shown": "0" * 64}), simple_plan, Policy())
    with pytest.raises(ApprovalError, match="Nobody"):
        approvals.require(None, simple_plan, Policy())
    rejected = approvals.decide(simple_plan, Policy(), "reject", "command")
    with pytest.raises(ApprovalError, match="rejected"):
        approvals.require(rejected, simple_plan, Policy())


def test_submit_always_asks(make_plan: Callable[..., Plan]) -> None:
    plan = make_plan(READ, ("send", "toy_send", {"light_curve": "read"}, {"address": "moon"}))
    step = plan.steps[1].model_copy(update={"effects": ["submit"]})
    plan = plan.model_copy(update={"steps": [plan.steps[0], step]})
    with pytest.raises(ValidationError, match="submit always asks"):
        Policy.model_validate({"effects": {"submit": "automatic"}})
    with pytest.raises(ValidationError, match="beforehand"):
        Policy(beforehand=["compute", "submit"])
    automatic = Policy.model_validate({"effects": dict.fromkeys(set(EFFECTS) - {"submit"}, "automatic")})
    assert automatic.decide(plan)[0] == "ask"
    assert not automatic.covers_beforehand(plan)
    for how in ("policy", "beforehand"):
        with pytest.raises(ApprovalError):
            approvals.decide(plan, automatic, "approve", how)  # type: ignore[arg-type]


@given(
    st.dictionaries(st.sampled_from(EFFECTS), st.sampled_from(["automatic", "ask", "deny"])),
    st.lists(st.sampled_from(EFFECTS), unique=True),
)
def test_no_policy_makes_submit_automatic(effects: dict[str, str], beforehand: list[str]) -> None:
    try:
        policy = Policy.model_validate({"effects": effects, "beforehand": beforehand})
    except ValidationError:
        return
    step = {"id": "s", "tool": "t", "version": "1.0", "kind": "Figure", "effects": ["submit"], "cost": {}}
    plan = Plan.of_document({"question": "q", "language": "en", "goal": "Figure", "steps": [step]})
    assert policy.decide(plan)[0] != "automatic"
    assert not policy.covers_beforehand(plan)


def test_costs(simple_plan: Plan) -> None:
    free = Policy.model_validate({"effects": {"compute": "automatic"}})
    assert free.decide(simple_plan)[0] == "automatic"
    assert free.model_copy(update={"seconds": 0.1}).decide(simple_plan)[0] == "ask"
    dear = free.model_copy(update={"seconds_limit": 0.1})
    assert dear.decide(simple_plan)[0] == "deny"
    with pytest.raises(ApprovalError, match="denies"):
        approvals.decide(simple_plan, dear, "approve", "command")


def test_unknown_effects_are_refused() -> None:
    with pytest.raises(ValidationError, match="unknown effects"):
        Policy.model_validate({"effects": {"wish": "ask"}})


def test_a_long_list_is_short_on_the_page_and_bound_in_full(simple_plan: Plan) -> None:
    names = [f"Star {i}" for i in range(10_000)]

    def with_names(given: list[str]) -> Plan:
        step = simple_plan.steps[0].model_copy(update={"arguments": {"names": given}})
        return simple_plan.model_copy(update={"steps": [step, *simple_plan.steps[1:]]})

    plan, other = with_names(names), with_names([*names[:-1], "Vega"])
    assert "names = Star 0, Star 1, Star 2 and 9,997 more\n" in plan_page(plan)
    assert "names = Star 0, Star 1, Star 2 等 10000 个\n" in plan_page(plan.model_copy(update={"language": "zh"}))
    assert len(plan_page(plan)) < 2000
    assert plan_page(plan) != plan_page(other)
    assert plan.document()["steps"][0]["arguments"]["names"] == names

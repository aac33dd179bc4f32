"""What plans are expected to cost: reckoned before anything is asked, shown, held against the policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_steps import MEASURE, READ, TILT

from gnomon.agents.embedded.compose import Draft, finish
from gnomon.plans.check import check
from gnomon.plans.costs import (
    Reckoning,
    reckoned,
    spoken_bytes,
    spoken_cost,
    spoken_plan_cost,
    spoken_seconds,
    with_costs,
)
from gnomon.plans.document import examine, of_yaml, says, to_yaml
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.plans.render import plan_page
from gnomon.tools.archives import cone_search, query, resolve
from gnomon.tools.costs import Cost, rounded
from gnomon.tools.registry import Registry

ARCHIVES = Registry.of_modules([query, cone_search, resolve])
OPEN = Policy.model_validate({"effects": {"read_network": "automatic"}})
WHOLE = "SELECT * FROM gaiadr3.gaia_source"


def made(*steps: tuple[str, str, dict[str, Any], dict[str, Ref | list[Ref]]], language: str = "en") -> Plan:
    """A plan over archives, with the costs that are reckoned for it."""
    drafted = Draft({name: (ARCHIVES[tool], inputs) for name, tool, _arguments, inputs in steps})
    arguments = {tool: arguments for _name, tool, arguments, _inputs in steps}
    plan = Plan(
        question="q",
        language=language,  # type: ignore[arg-type]
        goal="SourceTable",
        steps=finish(drafted, arguments, 0, language),
    )
    return plan


def asked(adql: str, **more: Any) -> Plan:
    return made(("query", "query", {"adql": adql, "service": "Gaia archive", **more}, {}))


def around(names: list[str], **more: Any) -> Plan:
    return made(
        ("resolve", "resolve", {"names": names}, {}),
        ("cone_search", "cone_search", more, {"target": Ref(step="resolve")}),
    )


# --------------------------------------------------------------------------- reckoning


def test_rows_that_a_step_makes_are_those_of_the_next_one() -> None:
    one, many = around(["M 67"]), around([f"HIP {n}" for n in range(1, 1001)])
    assert many.step("resolve").cost["rows"] == 1000
    assert many.step("cone_search").cost["rows"] == pytest.approx(1000 * one.step("cone_search").cost["rows"], rel=0.2)


def test_a_position_that_is_written_down_is_looked_up_in_the_milky_way() -> None:
    centre, pole = around(["266.4 -29.0"]), around(["192.86 +27.13"])
    counts = [p.step("cone_search").cost["rows"] for p in (centre, pole)]
    assert counts[0] > 50 * counts[1]
    assert "that part of the Milky Way" in str(centre.step("cone_search").cost_why)
    assert "mean of the sky" in str(around(["M 67"]).step("cone_search").cost_why)


def test_tools_that_say_nothing_cost_what_they_did(simple_plan: Plan, toys: Registry) -> None:
    assert {s.id: s.cost for s in simple_plan.steps} == {
        i: {"seconds": c.seconds} for i, c in reckoned(simple_plan, toys).items()
    }
    assert with_costs(simple_plan, toys) == simple_plan


def test_a_bound_is_none_where_what_comes_in_is_only_expected() -> None:
    class Doubling:
        """As much of a tool as is reckoned with."""

        def __init__(self, at_most: bool) -> None:
            self.at_most = at_most

        def expected(self, arguments: Any, rows: int = 0) -> Cost:
            return Cost(2 * max(1, rows), 0, 1.0, self.at_most)

    for first, second in ((True, True), (False, False)):
        reckoning = Reckoning()
        reckoning.of("a", Doubling(first), {}, {})  # type: ignore[arg-type]
        found = reckoning.of("b", Doubling(True), {}, {"x": Ref(step="a")})  # type: ignore[arg-type]
        assert (found.rows, found.at_most) == (4, second)


def test_a_plan_goes_on_with_what_was_counted() -> None:
    plan = around(["M 67"])
    reckoning = Reckoning()
    for step in plan.ordered[:1]:
        reckoning.of(step.id, ARCHIVES[step.tool], step.arguments, step.inputs)
    reckoning.counted("resolve", 50)
    step = plan.step("cone_search")
    found = reckoning.of(step.id, ARCHIVES[step.tool], step.arguments, step.inputs)
    assert found.rows is not None
    assert found.rows > 30 * step.cost["rows"]


# --------------------------------------------------------------------------- shown


def test_how_costs_are_said() -> None:
    cost = {"seconds": 8.0, "rows": 12000.0, "bytes": 3e6}
    assert spoken_cost(cost) == "about 12,000 rows, 3.0 MB, 8 s"
    assert spoken_cost(cost, at_most=True) == "at most 12,000 rows, 3.0 MB, 8 s"
    assert spoken_cost(cost, is_counted=True) == "12,000 rows, 3.0 MB, 8 s"
    assert spoken_cost(cost, "zh", at_most=True) == "至多 12,000 行，3.0 MB，8 秒"
    assert spoken_cost({"seconds": 6.5}) == "6.5 seconds"
    assert spoken_cost({}) == "none"
    assert (spoken_bytes(999), spoken_bytes(1.5e9), spoken_bytes(2e16)) == ("999 bytes", "1.5 GB", "20 PB")
    assert (spoken_seconds(90), spoken_seconds(1500), spoken_seconds(86400)) == ("90 s", "25 min", "24 h")
    assert [rounded(n) for n in (0.2, 7.4, 987.0, 11_873.0)] == [0, 7, 990, 12_000]


def test_the_page_says_what_is_expected_and_why() -> None:
    plan = asked("SELECT TOP 10 source_id FROM gaiadr3.gaia_source")
    assert "expected: at most 10 rows, 100 bytes, 5 s (TOP 10 in the query)" in plan_page(plan)
    assert "Expected cost: at most 10 rows, 100 bytes, 5 s" in plan_page(plan)
    chinese = made(
        ("query", "query", {"adql": WHOLE, "service": "Gaia archive", "if_more": "keep_first"}, {}), language="zh"
    )
    assert "预计：至多 100,000 行，150 MB" in plan_page(chinese)
    assert "共 1,811,709,771 行" in plan_page(chinese)


def test_few_bounded_rows_make_no_bound_of_the_sum() -> None:
    assert spoken_plan_cost(around(["M 67"], radius="30 arcmin")).startswith("about 3")
    both = made(
        ("query", "query", {"adql": WHOLE, "service": "Gaia archive"}, {}),
        ("resolve", "resolve", {"names": ["266.4 -29.0"]}, {}),
        ("cone_search", "cone_search", {"radius": "5 arcmin"}, {"target": Ref(step="resolve")}),
    )
    assert spoken_plan_cost(both).startswith("up to about 1")


def test_what_nobody_can_tell_is_no_part_of_a_bound() -> None:
    plan = asked("SELECT TOP 10 source_id FROM gaiadr3.gaia_source")
    open_step = plan.steps[0].model_copy(
        update={"id": "other", "cost": {"seconds": 1.0}, "cost_at_most": None, "cost_why": "nobody knows"}
    )
    said = spoken_plan_cost(plan.model_copy(update={"steps": [*plan.steps, open_step]}))
    assert said == "about 10 rows, 100 bytes, 6 s, and what only the services know"


def test_a_plan_file_says_whole_rows_and_keeps_its_hash() -> None:
    plan = asked(f"{WHOLE} WHERE parallax > 100")
    text = to_yaml(plan)
    assert "rows: 100000\n" in text
    assert "cost_at_most: true" in text
    assert of_yaml(text, ARCHIVES) == plan
    assert says(text, plan)


def test_old_plans_load_with_the_hash_they_had(simple_plan: Plan, toys: Registry) -> None:
    document = simple_plan.document()
    assert not any(set(s) & {"cost_at_most", "cost_why"} for s in document["steps"])
    assert Plan.of_document(document).hash == document["hash"]


# --------------------------------------------------------------------------- refused and asked


def rules(plan: Plan, policy: Policy = OPEN) -> dict[str, str]:
    return {f.rule: f.severity for f in check(plan, ARCHIVES, policy)}


def test_a_hundred_million_rows_are_refused_with_the_count_and_a_better_idea() -> None:
    (found,) = check(asked(WHOLE), ARCHIVES, OPEN)
    assert found.rule == "would-be-refused"
    assert found.place == "steps.query.arguments"
    assert "1,811,709,771 rows" in found.what
    for idea in (
        "SELECT COUNT(*) AS n FROM gaiadr3.gaia_source",
        "WHERE random_index BETWEEN 0 AND 99999",
        "TAP_UPLOAD",
        "source_id BETWEEN 0 AND",
        "gnomon catalogue make",
    ):
        assert idea in found.remedy


@pytest.mark.parametrize(
    "plan",
    [
        asked("SELECT COUNT(*) AS n FROM gaiadr3.gaia_source"),
        asked(f"{WHOLE} WHERE random_index BETWEEN 0 AND 99999"),
        asked(f"{WHOLE} WHERE parallax > 100"),
        asked(WHOLE, if_more="keep_first"),
        asked("SELECT TOP 1000 source_id FROM gaiadr3.gaia_source"),
        around(["M 67"], radius="2 deg"),
    ],
)
def test_what_may_be_small_is_not_refused(plan: Plan) -> None:
    assert rules(plan) == {}


def test_a_huge_circle_is_refused_wherever_it_is() -> None:
    assert rules(around(["M 67"], radius="10 deg")) == {"would-be-refused": "error"}
    assert rules(around(["M 67"], radius="10 deg", brighter_than="10 mag")) == {}


def test_rows_and_bytes_have_limits() -> None:
    plan = asked(f"{WHOLE} WHERE random_index BETWEEN 0 AND 1999999", rows=5_000_000)
    decision, reasons = OPEN.decide(plan)
    assert decision == "ask"
    assert "expected to fetch up to 2,000,000 rows, over the 1,000,000 rows that need no question" in reasons
    assert "expected to fetch up to 3.0 GB, over the 1.0 GB that need no question" in reasons
    strict = OPEN.model_copy(update={"rows_limit": 1e6})
    (found,) = check(plan, ARCHIVES, strict)
    assert found.rule == "denied"
    assert "over the limit of 1,000,000 rows" in found.what
    assert "rows_limit" in found.remedy
    assert OPEN.decide(asked(f"{WHOLE} WHERE parallax > 100"))[0] == "automatic"


def edited(plan: Plan, cost: dict[str, float]) -> Plan:
    return plan.model_copy(update={"steps": [s.model_copy(update={"cost": cost}) for s in plan.steps]})


def test_nobody_gets_by_with_a_cost_that_is_too_small() -> None:
    """An edited plan says what it cost before; the policy goes by what it costs now."""
    plan = asked(f"{WHOLE} WHERE random_index BETWEEN 0 AND 1999999", rows=5_000_000)
    small = edited(plan, {"seconds": 1.0, "rows": 10.0, "bytes": 100.0})
    assert OPEN.decide(small)[0] == "automatic"
    assert rules(small) == {"cost": "error"}
    assert rules(small, Policy()) == {"cost": "warning"}  # a person is asked, and reads both
    assert rules(small, OPEN.model_copy(update={"rows_limit": 1e6})) == {"cost": "error", "denied": "error"}
    (found,) = check(small, ARCHIVES, OPEN)
    assert "rows: 2000000" in found.remedy
    assert rules(plan) == {}


def test_a_plan_without_rows_is_checked_by_what_it_asks(tmp_path: Path) -> None:
    text = to_yaml(edited(asked(WHOLE), {"seconds": 5.0}))
    examined = examine(text, ARCHIVES, OPEN)
    assert [f.rule for f in examined.errors] == ["would-be-refused"]
    assert examined.errors[0].line


def test_wrong_arguments_are_told_before_any_cost(make_plan: Callable[..., Plan], toys: Registry) -> None:
    step = asked(WHOLE).steps[0]
    wrong = step.model_copy(update={"arguments": {**step.arguments, "rows": "many"}})
    assert rules(asked(WHOLE).model_copy(update={"steps": [wrong]})) == {"argument": "error"}
    assert not check(make_plan(READ, TILT, MEASURE), toys, OPEN.model_copy(update={"effects": {"compute": "ask"}}))


def test_steps_keep_their_fields_in_the_schema() -> None:
    assert {"cost", "cost_at_most", "cost_why"} <= set(Step.model_fields)

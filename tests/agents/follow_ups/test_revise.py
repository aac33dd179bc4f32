"""Revision: one thing changes and everything else stays, and what cannot be done is said and changes nothing."""

from __future__ import annotations

import pytest

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.compose import Composer
from gnomon.agents.follow_ups.options import Unclear
from gnomon.agents.follow_ups.revise import Reviser, Revision
from gnomon.agents.understanding.understand import Understanding, understand
from gnomon.eval.fit_follow_ups import CLOCK, plan_over
from gnomon.plans.arguments import spoken
from gnomon.plans.check import check
from gnomon.plans.plan import Attachment, Plan
from gnomon.plans.policy import Policy
from gnomon.tools.registry import Registry

REGISTRY = Registry.load()
REVISER = Reviser(REGISTRY, Composer(REGISTRY))
PLANS = {which: plan_over(REGISTRY, which) for which in ("transits", "velocities")}


def said(text: str) -> Understanding:
    return understand(text, CLOCK)


def change(which: str, text: str, focus: str = "") -> Revision:
    understood = said(text)
    return REVISER.change(PLANS[which], understood, understood.language, focus)


def value(plan: Plan, place: str) -> str:
    tool, name = place.split(".")
    step = next(s for s in plan.steps if s.tool == tool)
    return spoken(step.arguments[name])


def others(plan: Plan, changed: set[str]) -> dict[str, str]:
    return {
        f"{s.tool}.{n}": spoken(v) for s in plan.steps for n, v in s.arguments.items() if f"{s.tool}.{n}" not in changed
    }


CHANGES = [
    ("transits", "periods up to 50 days please", "transit_periodogram.period_max", "50 d"),
    ("transits", "set the window to 1.5 d", "detrend_light_curve.window", "1.5 d"),
    ("transits", "a window of 36 hours", "detrend_light_curve.window", "1.5 d"),
    ("transits", "the shortest period is 2 days", "transit_periodogram.period_min", "2 d"),
    ("transits", "window = 2 d", "detrend_light_curve.window", "2 d"),
    ("velocities", "make it circular", "fit_keplerian_orbits.eccentricity", "circular"),
    ("velocities", "at most 2 planets", "fit_keplerian_orbits.max_planets", "2"),
    ("velocities", "without the trend", "fit_keplerian_orbits.trend", "no"),
    ("velocities", "with 95 % intervals", "measure_posterior.level", "0.95"),
    ("velocities", "seed = 7", "fit_keplerian_orbits.seed", "7"),
    ("transits", "把窗口改成 2 天", "detrend_light_curve.window", "2 d"),
    ("transits", "周期最长到 50 天", "transit_periodogram.period_max", "50 d"),
    ("velocities", "改成圆轨道", "fit_keplerian_orbits.eccentricity", "circular"),
    ("velocities", "最多两颗行星", "fit_keplerian_orbits.max_planets", "2"),
    ("velocities", "不要趋势项", "fit_keplerian_orbits.trend", "no"),
    ("velocities", "用 95% 的区间", "measure_posterior.level", "0.95"),
]


@pytest.mark.parametrize(("which", "text", "place", "expected"), CHANGES)
def test_one_value_changes_and_nothing_else(which: str, text: str, place: str, expected: str) -> None:
    old, new = PLANS[which], change(which, text).plan
    assert value(new, place) == expected
    assert others(new, {place}) == others(old, {place})
    assert [(s.id, s.tool, s.inputs, s.effects) for s in new.steps] == [
        (s.id, s.tool, s.inputs, s.effects) for s in old.steps
    ]
    assert new.question.splitlines() == [old.question, text]
    assert new.hash != old.hash
    assert check(new, REGISTRY, Policy()) == []
    assert any(place in u.used_by for u in new.understood or [])
    assert sum(place.split(".")[1] in line for line in new.assumptions) == 1


def test_a_later_value_takes_the_place_of_an_earlier_one() -> None:
    first = change("transits", "periods up to 50 days please").plan
    second = REVISER.change(first, said("no, up to 80 days"), "en", "transit_periodogram.period_max")
    assert value(second.plan, "transit_periodogram.period_max") == "80 d"
    assert [a for a in second.plan.assumptions if "period_max" in a] == [
        'period_max = 80 d (from "80 days" in the question).'
    ]
    assert [u.used_by for u in second.plan.understood or []] == [[], ["transit_periodogram.period_max"]]
    assert second.plan.question.count("\n") == 2


@pytest.mark.parametrize(
    ("which", "text", "words"),
    [
        ("transits", "use 5 arcmin instead", "5 arcmin"),
        ("transits", "只要 5 角分以内", "5 角分"),
        ("transits", "only stars brighter than G = 15", "15"),
        ("velocities", "a temperature of 5000 K", "5000 K"),
    ],
)
def test_a_value_that_no_step_takes_is_said(which: str, text: str, words: str) -> None:
    with pytest.raises(Unclear) as raised:
        change(which, text)
    assert words in raised.value.what
    assert "nothing was changed" in raised.value.what or "什么也没有改" in raised.value.what
    assert not raised.value.options


def test_nothing_is_taken_where_one_of_two_values_cannot_be() -> None:
    with pytest.raises(Unclear, match="arcmin"):
        change("velocities", "at most 2 planets and a radius of 5 arcmin")


def test_a_value_of_several_arguments_is_asked_about() -> None:
    with pytest.raises(Unclear) as raised:
        change("transits", "make it 3 d")
    names = [next(iter(o.act["arguments"].values())) for o in raised.value.options]
    assert {"value": 3.0, "unit": "d"} in [v for n in names for v in n.values()]
    assert len(names) > 1


def test_a_bare_value_is_for_what_was_spoken_of_last() -> None:
    new = change("transits", "make it 3 d", "detrend_light_curve.window")
    assert value(new.plan, "detrend_light_curve.window") == "3 d"
    assert new.focus == "detrend_light_curve.window"


def test_a_bare_number_is_in_the_unit_that_was_spoken_of() -> None:
    new = change("transits", "make it 12", "transit_periodogram.period_max")
    assert value(new.plan, "transit_periodogram.period_max") == "12 d"


def test_no_value_is_asked_for_by_name() -> None:
    with pytest.raises(Unclear, match="window"):
        change("transits", "make the window longer")


def test_what_the_plan_says_already_is_no_change() -> None:
    with pytest.raises(Unclear, match="already"):
        change("velocities", "at most 4 planets")


def test_an_empty_range_is_refused() -> None:
    first = change("transits", "periods up to 5 days").plan
    with pytest.raises(Unclear, match="not below"):
        REVISER.change(first, said("the shortest period is 9 days"), "en")


def test_what_a_value_makes_possible_is_added() -> None:
    new = change("velocities", "the star has 0.87 ± 0.02 solar masses").plan
    assert value(new, "minimum_masses.stellar_mass") == "0.87 Msun"
    assert value(new, "minimum_masses.stellar_mass_error") == "0.02 Msun"
    assert {s.id for s in new.steps} - {s.id for s in PLANS["velocities"].steps} == {"minimum_masses"}
    assert check(new, REGISTRY, Policy()) == []


def test_language_of_the_plan_is_that_of_what_was_said_last() -> None:
    new = change("velocities", "最多两颗行星").plan
    assert new.language == "zh"
    assert all(any("\u4e00" <= c <= "\u9fff" for c in s.why) for s in new.steps)


# ---------------------------------------------------------------------- more and less


def test_leave_out_and_add_again() -> None:
    plan, tool = PLANS["velocities"], REGISTRY.tool("plot_orbit_posterior")
    without = REVISER.leave_out(plan, [tool], said("skip the corner plot"), "en").plan
    assert {s.tool for s in plan.steps} - {s.tool for s in without.steps} == {"plot_orbit_posterior"}
    again = REVISER.add(without, [tool], said("and make a corner plot"), "en").plan
    assert {s.tool for s in again.steps} == {s.tool for s in plan.steps}
    assert check(again, REGISTRY, Policy()) == []


def test_what_others_need_stays() -> None:
    with pytest.raises(Unclear, match="fit_keplerian_orbits"):
        REVISER.leave_out(
            PLANS["velocities"], [REGISTRY.tool("velocity_periodogram")], said("skip the periodogram"), "en"
        )


def test_what_was_asked_for_stays() -> None:
    plan = PLANS["velocities"]
    ends = [REGISTRY.tool(s.tool) for s in plan.steps if s.kind in ("Figure", "Measurements")]
    with pytest.raises(Unclear, match="nothing would be left"):
        REVISER.leave_out(plan, [*ends, REGISTRY.tool("fit_keplerian_orbits")], said("no"), "en")


def test_what_the_plan_does_not_lead_to_cannot_be_added() -> None:
    with pytest.raises(Unclear, match="cannot make that"):
        REVISER.add(PLANS["velocities"], [REGISTRY.tool("plot_folded_transits")], said("and the folded transits"), "en")


def test_more_goes_to_every_file_that_is_treated_alike() -> None:
    plan = PLANS["transits"]
    other = plan.files[0].model_copy(update={"name": "second.csv", "sha256": "1" * 64})
    steps = [*plan.steps]
    for step in plan.steps:
        inputs = {
            n: (r.model_copy(update={"file": "second.csv"}) if r.file else r.model_copy(update={"step": f"{r.step}_2"}))
            for n, r in step.inputs.items()
        }
        steps.append(step.model_copy(update={"id": f"{step.id}_2", "inputs": inputs}))
    both = plan.model_copy(update={"files": [plan.files[0], other], "steps": steps})
    tool = REGISTRY.tool("plot_folded_transits")
    without = REVISER.leave_out(both, [tool], said("skip the folded transits"), "en").plan
    assert len(both.steps) - len(without.steps) == 2
    again = REVISER.add(without, [tool], said("and the folded transits"), "en").plan
    assert sum(s.tool == tool.name for s in again.steps) == 2
    assert check(again, REGISTRY, Policy()) == []


# ---------------------------------------------------------------------- the same again


def other_file(kind: str, reader: str) -> Attached:
    return Attached(
        Attachment(name="other.csv", sha256="2" * 64, size=9, kind=kind, found=f"another {kind}", rows=500), reader
    )


def test_the_same_over_another_file() -> None:
    old = change("velocities", "at most 2 planets").plan
    new = REVISER.over(
        old,
        {"velocities.csv": other_file("RadialVelocities", "read_radial_velocities")},
        "HD 10180",
        said("repeat it for HD 10180"),
        "en",
    )
    assert [f.name for f in new.plan.files] == ["other.csv"]
    assert {r.file for s in new.plan.steps for r in s.refs() if r.file} == {"other.csv"}
    assert value(new.plan, "fit_keplerian_orbits.max_planets") == "2"
    assert value(new.plan, "read_radial_velocities.object_name") == "HD 10180"
    assert check(new.plan, REGISTRY, Policy()) == []
    assert not any("velocities.csv" in line for line in new.plan.assumptions)
    assert not new.notes


def test_what_was_said_of_the_star_does_not_go_over_to_another_one() -> None:
    old = change("velocities", "the star has 0.87 ± 0.02 solar masses").plan
    new = REVISER.over(
        old,
        {"velocities.csv": other_file("RadialVelocities", "read_radial_velocities")},
        "HD 10180",
        said("repeat it for HD 10180"),
        "en",
    )
    assert "minimum_masses" not in {s.tool for s in new.plan.steps}
    assert any("stellar_mass = 0.87 Msun" in note for note in new.notes)
    assert any("minimum_masses is left out until stellar_mass" in note for note in new.notes)
    assert not any("0.87" in line for line in new.plan.assumptions)


def test_a_plan_of_older_tools_is_refreshed() -> None:
    plan = PLANS["velocities"]
    old = plan.model_copy(update={"steps": [s.model_copy(update={"version": "0.1"}) for s in plan.steps]})
    assert check(old, REGISTRY, Policy()) != []
    assert REVISER.refreshed(old).steps == plan.steps

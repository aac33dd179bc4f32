"""The embedded planner: right goals from kinds and meaning, whole chains, right arguments, and questions back."""

from __future__ import annotations

import pytest

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.plans.arguments import spoken
from gnomon.plans.check import check
from gnomon.plans.plan import Attachment, Plan
from gnomon.plans.policy import Policy
from gnomon.tools.errors import NeedsAnswer
from gnomon.tools.registry import Registry

REGISTRY = Registry.load()


def attached(kind: str, name: str = "data") -> Attached:
    reader = {"LightCurve": "read_light_curve", "RadialVelocities": "read_radial_velocities"}[kind]
    return Attached(Attachment(name=name, sha256="0" * 64, size=1, kind=kind, found=f"a {kind}", rows=1000), reader)


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPlanner:
    return EmbeddedPlanner(REGISTRY, tmp_path_factory.mktemp("cache"))


def tools_of(plan: Plan) -> list[str]:
    return [s.tool for s in plan.steps]


LC, RV = "LightCurve", "RadialVelocities"

# Written before the examples of the tools were tuned; the last column is a tool that the plan must have.
QUESTIONS = [
    (LC, "Is there a planet transiting this star?", "fit_transits"),
    (LC, "Find transiting planets in this light curve and give their periods and radii", "fit_transits"),
    (LC, "Does the star show transits? If so, fit them", "fit_transits"),
    (LC, "Search for exoplanets in these data", "fit_transits"),
    (LC, "What is the period, depth and duration of the transit?", "fit_transits"),
    (LC, "Analyse this light curve", "fit_transits"),
    (LC, "这条光变曲线里有行星吗？", "fit_transits"),
    (LC, "寻找凌星信号并拟合", "fit_transits"),
    (LC, "求行星的周期、历元、深度、持续时间和半径比", "fit_transits"),
    (LC, "分析这条光变曲线", "fit_transits"),
    (LC, "Plot the light curve", "plot_light_curve"),
    (LC, "画出光变曲线", "plot_light_curve"),
    (LC, "Remove the stellar variability", "detrend_light_curve"),
    (LC, "给光变曲线去趋势", "detrend_light_curve"),
    (LC, "Compute the box least squares periodogram", "transit_periodogram"),
    (RV, "Which planets orbit this star?", "fit_keplerian_orbits"),
    (RV, "How many planets are there and what are their orbits?", "fit_keplerian_orbits"),
    (RV, "Find the orbital period, semi-amplitude and eccentricity", "fit_keplerian_orbits"),
    (RV, "Analyse these radial velocities", "fit_keplerian_orbits"),
    (RV, "Is there a planet?", "fit_keplerian_orbits"),
    (RV, "这颗恒星有几颗行星？轨道是什么？", "fit_keplerian_orbits"),
    (RV, "拟合视向速度，给出行星的周期、半振幅、偏心率", "fit_keplerian_orbits"),
    (RV, "分析这些视向速度", "fit_keplerian_orbits"),
    (RV, "What is the minimum mass of the planet? The star has 0.87 solar masses", "minimum_masses"),
    (RV, "行星的最小质量是多少？恒星质量为 0.87 倍太阳质量", "minimum_masses"),
    (RV, "Compute the periodogram of the velocities", "velocity_periodogram"),
    (RV, "画出视向速度", "plot_radial_velocities"),
]


@pytest.mark.parametrize(("kind", "question", "tool"), QUESTIONS)
def test_goal(planner: EmbeddedPlanner, kind: str, question: str, tool: str) -> None:
    plan = planner.plan(question, [attached(kind)])
    assert tool in tools_of(plan)
    assert check(plan, REGISTRY, Policy()) == []


@pytest.mark.parametrize("question", ["Plot the light curve", "Remove the stellar variability", "给光变曲线去趋势"])
def test_small_requests_stay_small(planner: EmbeddedPlanner, question: str) -> None:
    assert "fit_transits" not in tools_of(planner.plan(question, [attached(LC)]))


@pytest.mark.parametrize(
    "question",
    [
        "What is the weather tomorrow?",
        "Send an e-mail to my boss",
        "Write a poem about spring",
        "明天天气怎么样？",
        "给我写一首诗",
        "How do I bake bread?",
    ],
)
@pytest.mark.parametrize("kind", [LC, RV, None])
def test_says_when_it_does_not_know(planner: EmbeddedPlanner, question: str, kind: str | None) -> None:
    with pytest.raises(NeedsAnswer) as back:
        planner.plan(question, [attached(kind)] if kind else [])
    chinese = any("\u4e00" <= c <= "\u9fff" for c in question)
    assert ("不知道" in str(back.value)) == chinese
    assert ("do not know" in str(back.value)) != chinese


@pytest.mark.parametrize(
    ("question", "word"), [("Is there a transiting planet?", "--data"), ("这颗恒星有凌星行星吗？", "--data")]
)
def test_asks_for_data(planner: EmbeddedPlanner, question: str, word: str) -> None:
    with pytest.raises(NeedsAnswer, match=word):
        planner.plan(question, [])


@pytest.mark.parametrize("question", ["What is the minimum mass of the planet?", "行星的最小质量是多少？"])
def test_asks_for_the_stellar_mass(planner: EmbeddedPlanner, question: str) -> None:
    with pytest.raises(NeedsAnswer, match="stellar_mass"):
        planner.plan(question, [attached(RV)])


def test_says_what_else_could_be_had(planner: EmbeddedPlanner) -> None:
    plan = planner.plan("Fit Keplerian orbits to these velocities", [attached(RV)])
    assert any("stellar_mass" in line for line in plan.missing)


def argument(plan: Plan, tool: str, name: str) -> str:
    return spoken(next(s for s in plan.steps if s.tool == tool).arguments[name])


def test_arguments_find_their_place(planner: EmbeddedPlanner) -> None:
    plan = planner.plan(
        "Which planets orbit HD 164922? The star has 0.874 ± 0.012 solar masses. At most 3 planets.", [attached(RV)]
    )
    assert argument(plan, "minimum_masses", "stellar_mass") == "0.874 Msun"
    assert argument(plan, "minimum_masses", "stellar_mass_error") == "0.012 Msun"
    assert argument(plan, "fit_keplerian_orbits", "max_planets") == "3"
    assert sum("0.874 ± 0.012 solar masses" in a for a in plan.assumptions) == 2


def test_ranges_find_their_place(planner: EmbeddedPlanner) -> None:
    for question in (
        "Search for transits with periods between 1 and 10 days",
        "在周期 1 到 10 天之间寻找凌星行星",
        "Find transiting planets, period_min = 24 h, period_max = 10 d",
    ):
        plan = planner.plan(question, [attached(LC)])
        assert (
            argument(plan, "transit_periodogram", "period_min"),
            argument(plan, "transit_periodogram", "period_max"),
        ) == ("1 d", "10 d"), question


def test_known_period_goes_to_the_fit(planner: EmbeddedPlanner) -> None:
    for question in (
        "The planet transits with a known period of 0.3693038 d; fit its orbit",
        "这颗恒星有行星吗？周期已知为 0.3693038 天",
        "已知周期 0.3693038 天，求轨道",
    ):
        plan = planner.plan(question, [attached(RV)])
        assert argument(plan, "fit_keplerian_orbits", "known_periods") == "0.3693038 d", question


def test_what_is_not_used_is_said(planner: EmbeddedPlanner) -> None:
    plan = planner.plan("Is there a transiting planet within 5 arcmin?", [attached(LC)])
    assert any("5 arcmin" in a and "not used" in a for a in plan.assumptions)


def test_several_files_of_one_kind_are_treated_alike(planner: EmbeddedPlanner) -> None:
    plan = planner.plan("Is there a transiting planet?", [attached(LC, "a"), attached(LC, "b")])
    assert tools_of(plan).count("fit_transits") == 2
    assert check(plan, REGISTRY, Policy()) == []


def test_a_file_that_is_not_needed_is_said(planner: EmbeddedPlanner) -> None:
    plan = planner.plan(
        "Is there a transiting planet in the light curve?", [attached(LC, "a.csv"), attached(RV, "b.txt")]
    )
    assert "fit_transits" in tools_of(plan)
    assert check(plan, REGISTRY, Policy()) == []


def test_same_question_same_plan(planner: EmbeddedPlanner) -> None:
    first = planner.plan("Is there a transiting planet?", [attached(LC)])
    again = EmbeddedPlanner(REGISTRY).plan("Is there a transiting planet?", [attached(LC)])
    assert first.hash == again.hash


def test_a_new_tool_needs_no_change_in_the_planner(toys: Registry, tmp_path) -> None:
    both = Registry([*REGISTRY.values(), *toys.values()])
    toy = Attached(Attachment(name="toy.txt", sha256="0" * 64, size=1, kind=LC, found="a toy", rows=5), "toy_read")
    plan = EmbeddedPlanner(both, tmp_path).plan("Measure the toy", [toy])
    assert tools_of(plan)[:3] == ["toy_read", "toy_tilt", "toy_measure"]

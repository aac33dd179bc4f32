"""Plans that begin with what a question names."""

from __future__ import annotations

import pytest

from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.agents.understanding.clock import Clock
from gnomon.plans.plan import Plan
from gnomon.tools.errors import NeedsAnswer
from gnomon.tools.registry import Registry


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPlanner:
    clock = Clock.of("2026-11-21T16:00:00+08:00", "Asia/Shanghai")
    return EmbeddedPlanner(Registry.load(), tmp_path_factory.mktemp("cache"), clock=clock)


def _tools(plan: Plan) -> list[str]:
    return [s.tool for s in plan.steps]


@pytest.mark.parametrize(
    ("question", "tools"),
    [
        ("Where is NGC 4258?", ["resolve"]),
        ("Which Gaia stars lie within 5 arcmin of M67?", ["resolve", "cone_search"]),
        ("Plot the TESS light curve of HD 39091", ["resolve", "light_curves", "plot_light_curve"]),
        ("Where is Ceres tonight?", ["ephemeris"]),
        ("papers on fast radio bursts since 2020", ["papers"]),
        ("最近两年关于弱引力透镜的论文", ["papers"]),
        ("给我 M31 的 DSS2 图像，10 角分", ["resolve", "images"]),
        ("获取 3C 273 的 SDSS 光谱", ["resolve", "spectra"]),
        ("What does ALeRCE say about ZTF20aaelulu?", ["alerts"]),
        ("Submit SELECT TOP 5 main_id FROM basic to SIMBAD", ["query"]),
    ],
)
def test_a_question_that_names_what_it_is_about_needs_no_file(
    planner: EmbeddedPlanner, question: str, tools: list[str]
) -> None:
    assert _tools(planner.plan(question, ()))[: len(tools)] == tools


def test_transits_of_a_named_star_are_looked_for_in_data_that_are_fetched(planner: EmbeddedPlanner) -> None:
    plan = planner.plan("Find transits of TOI-270 in TESS sector 3", ())
    assert _tools(plan)[:4] == ["resolve", "light_curves", "detrend_light_curve", "transit_periodogram"]
    assert plan.steps[0].arguments["names"] == ["TOI-270"] and plan.steps[1].arguments["sector"] == 3


@pytest.mark.parametrize(
    ("question", "why", "says"),
    [
        ("Find the transits in my light curve", "missing", "name the object"),
        ("Get the spectrum", "missing", "Which object?"),
        ("把光谱给我", "missing", "哪个天体"),
        ("Fit Keplerian orbits of HD 164922", "missing", "radial velocities"),
        ("cross-match my list with Gaia", "missing", "table of sources"),
        ("submit this candidate to TNS", "effect", "Transient Name Server"),
        ("Run SELECT TOP 5 main_id FROM basic on SIMBAD and email me the result", "effect", "e-mail"),
    ],
)
def test_what_is_missing_is_asked_for_by_what_it_is(
    planner: EmbeddedPlanner, question: str, why: str, says: str
) -> None:
    with pytest.raises(NeedsAnswer) as back:
        planner.plan(question, ())
    assert back.value.why == why and says in str(back.value)


def test_each_catalogue_of_a_list_is_asked_and_the_name_resolved_once(planner: EmbeddedPlanner) -> None:
    plan = planner.plan("List the Gaia and 2MASS sources within 3 arcmin of TRAPPIST-1, no plots", ())

    assert [(s.tool, s.arguments.get("catalogue")) for s in plan.steps] == [
        ("resolve", None),
        ("cone_search", "Gaia"),
        ("cone_search", "2MASS"),
    ]
    assert all(s.inputs["target"].step == "resolve" for s in plan.steps[1:])  # type: ignore[union-attr]


def test_both_surveys_of_a_list_give_light_curves(planner: EmbeddedPlanner) -> None:
    plan = planner.plan("ZTF and TESS light curves of HD 80606", ())

    assert [s.arguments["survey"] for s in plan.steps if s.tool == "light_curves"] == ["ZTF", "TESS"]


def test_two_catalogues_that_are_compared_are_asked_for_once_each(planner: EmbeddedPlanner) -> None:
    plan = planner.plan("Cross-match the Gaia and 2MASS sources within 3 arcmin of TRAPPIST-1, 1 arcsec", ())

    matches = [s for s in plan.steps if s.tool == "crossmatch"]
    assert [s.arguments["catalogue"] for s in plan.steps if s.tool == "cone_search"] == ["Gaia", "2MASS"]
    assert len(matches) == 1
    assert matches[0].arguments["radius"] == {"value": 1.0, "unit": "arcsec"}
    assert [matches[0].inputs[n].step for n in ("sources", "others")] == ["cone_search", "cone_search_2"]  # type: ignore[union-attr]


def test_nothing_is_compared_with_itself(planner: EmbeddedPlanner) -> None:
    with pytest.raises(NeedsAnswer, match="table of sources"):
        planner.plan("Cross-match the Gaia sources within 3 arcmin of TRAPPIST-1, 1 arcsec", ())

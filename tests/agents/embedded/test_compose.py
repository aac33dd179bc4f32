"""Chains that start from data, from what a question names, or from both."""

from __future__ import annotations

import pytest

from gnomon.agents.embedded.compose import Composer, Draft, Said
from gnomon.plans.plan import Attachment, Ref
from gnomon.tools.registry import Registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(scope="module")
def composer(registry: Registry) -> Composer:
    return Composer(registry)


def _files(composer: Composer, *readers: str) -> Draft:
    kinds = {r.name: r.kind.name for r in composer.registry.readers}
    return composer.start(
        [(Attachment(name=f"f{i}", sha256="0" * 64, size=1, kind=kinds[r], found="a file"), r) for i, r in enumerate(readers)]
    )  # fmt: skip


def _chain(draft: Draft | None) -> list[str]:
    assert draft is not None
    return list(draft.only({next(reversed(draft.steps))}).steps)


def test_a_chain_starts_from_a_name_where_there_is_no_file(composer: Composer, registry: Registry) -> None:
    chain = _chain(composer.reach(registry["detrend_light_curve"], Draft()))
    assert chain == ["resolve", "light_curves", "detrend_light_curve"]


def test_a_file_goes_before_an_archive(composer: Composer, registry: Registry) -> None:
    draft = composer.reach(registry["detrend_light_curve"], _files(composer, "read_light_curve"))
    assert _chain(draft) == ["read_light_curve", "detrend_light_curve"]


@pytest.mark.parametrize("readers", [(), ("read_light_curve",), ("read_source_table", "read_source_table")])
def test_what_was_composed_before_changes_nothing(registry: Registry, readers: tuple[str, ...]) -> None:
    used = Composer(registry)
    begin = _files(used, *readers)
    named = {name: frozenset({place}) for place, name in enumerate(registry)}
    for said in (Said(frozenset(list(registry)[::3])), Said(sources=named), Said(frozenset({"resolve"}), named)):
        for tool in registry.values():
            fresh, again = Composer(registry).reach(tool, begin, said), used.reach(tool, begin, said)
            assert (fresh and fresh.steps) == (again and again.steps), tool.name
    assert list(begin.steps) == list(_files(used, *readers).steps)


def test_velocities_cannot_be_fetched(composer: Composer, registry: Registry) -> None:
    assert composer.reach(registry["fit_keplerian_orbits"], Draft()) is None


def test_two_tables_are_two_tables(composer: Composer, registry: Registry) -> None:
    two = composer.reach(registry["crossmatch"], _files(composer, "read_source_table", "read_source_table"))
    assert two is not None
    assert two.steps["crossmatch"][1] == {
        "sources": Ref(step="read_source_table"),
        "others": Ref(step="read_source_table_2"),
    }
    one = _files(composer, "read_source_table")
    lacking = Said(frozenset({"resolve", "query", "polygon_search", "find_tables"}))
    assert composer.reach(registry["crossmatch"], one, lacking) is None  # a table is not matched with itself
    named = Said(frozenset({"query", "polygon_search"}), {"resolve": frozenset({3})})
    draft = composer.reach(registry["crossmatch"], one, named)
    assert _chain(draft)[-1] == "crossmatch" and "resolve" in _chain(draft)
    assert composer.reach(registry["crossmatch"], Draft(), lacking) is None


def test_what_could_also_be_taken_is_made_only_of_what_is_said_for_it(composer: Composer, registry: Registry) -> None:
    papers = registry["papers"]
    assert _chain(composer.reach(papers, Draft())) == ["papers"]
    assert _chain(composer.reach(papers, Draft(), Said(sources={"resolve": frozenset({10})}))) == ["resolve", "papers"]
    # What the tool itself takes is not said for another one: the name of a transient that a broker knows.
    both = Said(sources={"resolve": frozenset({10}), "alerts": frozenset({10})})
    assert _chain(composer.reach(registry["alerts"], Draft(), both)) == ["alerts"]
    lacking = Said(frozenset({"resolve"}), {"resolve": frozenset({10})})
    assert _chain(composer.reach(papers, Draft(), lacking)) == ["papers"]


def test_steps_that_lack_something_stand_only_where_there_is_no_other_way(
    composer: Composer, registry: Registry
) -> None:
    said = Said(frozenset({"query"}))
    draft = composer.reach(registry["plot_sources"], Draft(), said)
    assert draft is not None and "query" not in draft.steps
    assert composer.reach(registry["cone_search"], Draft(), Said(frozenset({"resolve"}))) is not None


def test_whether_a_reader_leads_somewhere(composer: Composer, registry: Registry) -> None:
    lc, rv = registry["read_light_curve"], registry["read_radial_velocities"]
    assert composer.leads(lc, registry["fit_transits"]) and not composer.leads(rv, registry["fit_transits"])
    assert composer.leads(lc, lc) and not composer.leads(lc, registry["cone_search"])


def test_a_figure_shows_what_several_tables_lead_to(composer: Composer, registry: Registry) -> None:
    draft = composer.reach(registry["crossmatch"], _files(composer, "read_source_table", "read_source_table"))
    assert draft is not None
    grown, _missing = composer.accompany(draft, set())
    assert "plot_sources" not in grown.steps  # a list is shown as a table
    drawn = composer.reach(registry["plot_sources"], draft)
    assert drawn is not None and drawn.steps["plot_sources"][1]["sources"] == Ref(step="crossmatch")

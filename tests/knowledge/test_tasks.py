"""Tasks that people ask for: whole, told apart, and counted as outside until a tool says that it does them."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from gnomon.knowledge import tasks
from gnomon.knowledge.tasks import load, uncovered
from gnomon.tools.registry import Registry

CHINESE = re.compile(r"[\u4e00-\u9fff]")
EFFECTS = ("", "submit", "spend", "write_files", "run_code", "read_network")

# No tool may ever do these, so no phrase covers them.
NEVER = {"self_approval", "ignore_instructions", "secret_disclosure", "data_fabrication"}

# Tools of light curves and radial velocities alone.
TOOLS = (
    "detrend_light_curve",
    "fit_keplerian_orbits",
    "fit_transits",
    "identify_transits",
    "minimum_masses",
    "transit_periodogram",
    "velocity_periodogram",
    "read_light_curve",
    "read_radial_velocities",
    "measure_posterior",
    "measure_transit_candidates",
    "measure_transit_periodogram",
    "measure_velocity_periodogram",
    "plot_detrended_light_curve",
    "plot_folded_transits",
    "plot_light_curve",
    "plot_orbit_posterior",
    "plot_radial_velocities",
    "plot_radial_velocity_fit",
    "plot_transit_periodogram",
    "plot_velocity_periodogram",
)


def words() -> str:
    registry = Registry.load()
    tools = [registry[name] for name in TOOLS]
    return "\n".join(
        text
        for t in tools
        for text in (
            t.name.replace("_", " "),
            t.summary,
            t.description,
            t.declaration.summary_zh,
            t.declaration.method,
            t.declaration.method_zh,
            *t.declaration.examples,
            *(p.description for p in t.parameters),
        )
    )


def test_tasks_are_there_and_whole() -> None:
    rows = load()
    assert len(rows) >= 75
    assert len({t.key for t in rows}) == len(rows)
    for task in rows:
        assert re.fullmatch(r"[a-z_]+", task.key)
        assert task.en and CHINESE.search(task.zh)
        assert (task.name("en"), task.name("zh")) == (task.en, task.zh)
        assert task.about in ("astronomy", "action", "other")
        assert task.effect in EFFECTS
        assert bool(task.covered_by) == (task.key not in NEVER), task.key
        assert all(p == p.lower() == p.strip() for p in task.covered_by)
        chinese = [e for e in task.examples if CHINESE.search(e)]
        assert len(chinese) >= 6 and len(task.examples) - len(chinese) >= 6, task.key


def test_no_example_stands_twice() -> None:
    said = [e.casefold() for t in load() for e in t.examples]
    assert len(set(said)) == len(said)


def test_no_tool_has_an_example_of_a_task_outside() -> None:
    registry = Registry.load()
    own = {e.casefold() for name in registry for e in registry[name].declaration.examples}
    assert not own & {e.casefold() for t in uncovered(words()) for e in t.examples}


def test_tools_of_light_curves_and_velocities_cover_none() -> None:
    left = uncovered(words())
    assert [t.key for t in load() if t not in left] == []


@pytest.mark.parametrize("task", load(), ids=lambda t: t.key)
def test_each_phrase_covers_its_task(task: tasks.Task) -> None:
    assert task in uncovered("")
    for phrase in task.covered_by:
        assert task not in uncovered(f"Tools that do this: {phrase}.")


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("Estimate Photometric  Redshifts of galaxies.", "photometric_redshift"),
        ("Find the positions that cross\u2013match within a radius.", "cross_match"),
        ("Query a catalogue around a position (cone-search).", "cone_search"),
        ("用神经网络估计星系的测光红移。", "photometric_redshift"),
        ("预报太阳耀斑的概率。", "solar_flares"),
    ],
)
def test_case_hyphens_and_plurals_do_not_count(said: str, key: str) -> None:
    assert key not in {t.key for t in uncovered(said)}


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("Attvate the sensor.", "transit_timing"),
        ("Transits are covered by data and never overwritten.", "data_overwriting"),
        ("至少两次凌星有数据覆盖。", "data_overwriting"),
        ("化学丰度。", "nature_science"),
        ("The depth of the transit.", "secondary_eclipses"),
    ],
)
def test_parts_of_words_cover_nothing(said: str, key: str) -> None:
    assert key in {t.key for t in uncovered(said)}


def test_loads_at_once() -> None:
    def seconds() -> float:
        load.cache_clear()
        began = time.perf_counter()
        load()
        return time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.01


def test_file_is_yaml_too() -> None:
    from ruamel.yaml import YAML

    path = Path(tasks.__file__).with_name("tasks.yaml")
    rows = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    assert [r["key"] for r in rows] == [t.key for t in load()]
    assert [tuple(r["examples"]) for r in rows] == [t.examples for t in load()]
    assert [tuple(r["covered_by"]) for r in rows] == [t.covered_by for t in load()]

"""What a question says of each of several targets, of images and of spectra, of each band: one plan has it all."""

from __future__ import annotations

from typing import Any

import pytest

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.agents.understanding.clock import Clock
from gnomon.plans.plan import Attachment, Plan
from gnomon.tools.registry import Registry

TELESCOPES = Attached(
    Attachment(name="telescopes.json", sha256="ab" * 32, size=1, kind="Telescopes", found="", rows=3),
    "read_telescopes",
    supplied=True,
)


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPlanner:
    clock = Clock.of("2026-11-22T20:00:00+08:00", "Asia/Shanghai")
    return EmbeddedPlanner(Registry.load(), tmp_path_factory.mktemp("cache"), clock=clock)


def _requests(plan: Plan) -> dict[str, dict[str, Any]]:
    """Arguments of each step of requests, by its targets."""
    steps = {s.id: s for s in plan.steps}
    out = {}
    for step in plan.steps:
        if step.tool == "request_observations":
            ref = step.inputs["targets"]
            assert not isinstance(ref, list) and ref.step is not None
            out[" & ".join(steps[ref.step].arguments["names"])] = dict(step.arguments)
    return out


def _seconds(value: Any) -> float:
    return float(value["value"]) if isinstance(value, dict) else float(value)


A, B, C = "83.63 +22.01", "150.1 +2.2", "12.5 -7.5"


@pytest.mark.parametrize(
    ("question", "telescopes"),
    [
        (f"Observe {A} with the Xinglong 2.16 m and {B} with the Lijiang 2.4 m tonight", {A: ["xinglong_2m"], B: ["lijiang_24m"]}),
        (f"今晚用兴隆 2.16 米观测 {A}，用丽江 2.4 米观测 {B}", {A: ["xinglong_2m"], B: ["lijiang_24m"]}),
        (f"Observe {A} and {B} with the NOT and the INT respectively tonight", {A: ["not"], B: ["int"]}),
        (f"今晚用 2.16 米和 2.4 米分别观测 {A} 和 {B}", {A: ["xinglong_2m"], B: ["lijiang_24m"]}),
        (f"Tonight observe {A} with the NOT, {B} and {C} with the INT", {A: ["not"], f"{B} & {C}": ["int"]}),
        (f"With ALFOSC observe {A} tonight; observe {B} with SPRAT", {A: ["not"], B: ["lt"]}),
        (f"Observe {A} and {B} with the NOT and the INT tonight", {f"{A} & {B}": []}),
        (f"Observe {A} and {B} from La Palma tonight", {f"{A} & {B}": []}),
    ],
)  # fmt: skip
def test_each_target_has_its_telescopes(
    planner: EmbeddedPlanner, question: str, telescopes: dict[str, list[str]]
) -> None:
    plan = planner.plan(question, [TELESCOPES])
    given = _requests(plan)
    assert {name: arguments["telescopes"] for name, arguments in given.items()} == telescopes
    assert len({(a["start"], a["end"]) for a in given.values()}) == 1  # the night is that of all
    if len(given) > 1:
        (combined,) = [s for s in plan.steps if s.tool == "combine_requests"]
        assert isinstance(combined.inputs["requests"], list) and len(combined.inputs["requests"]) == len(given)
        for name, keys in telescopes.items():
            told = [s for s in plan.assumptions if s.startswith(("For ", name)) and keys[0] in s]
            assert told, plan.assumptions


def test_each_target_has_its_modes_bands_exposures_and_brightness(planner: EmbeddedPlanner) -> None:
    question = f"Tonight from La Palma: 5x60 s in g and r of {A} (mag 15.2), and two 600 s spectra of {B} (mag 17), airmass below 1.5"
    given = _requests(planner.plan(question, [TELESCOPES]))
    assert given[A]["modes"] == ["imaging"] and given[A]["bands"] == ["g", "r"]
    assert (_seconds(given[A]["exposure"]), given[A]["exposures"]) == (60, 5)
    assert given[B]["modes"] == ["spectroscopy"] and given[B]["bands"] == []
    assert (_seconds(given[B]["spectrum_exposure"]), given[B]["spectrum_exposures"] or given[B]["exposures"]) == (
        600,
        2,
    )
    assert [_seconds(given[n]["magnitude"]) for n in (A, B)] == [15.2, 17]
    assert [given[n]["airmass"] for n in (A, B)] == [1.5, 1.5]


def test_what_is_said_once_holds_for_all(planner: EmbeddedPlanner) -> None:
    question = f"3x60 s in g of {A} and 5x90 s of {B} tonight from La Palma"
    given = _requests(planner.plan(question, [TELESCOPES]))
    assert [(given[n]["bands"], given[n]["exposures"], _seconds(given[n]["exposure"])) for n in (A, B)] == [
        (["g"], 3, 60),
        (["g"], 5, 90),
    ]
    shared = _requests(planner.plan(f"Observe {A} and {B} tonight from La Palma, 3x60 s in g", [TELESCOPES]))
    assert list(shared) == [f"{A} & {B}"]


def test_priorities_and_one_of_all_go_along(planner: EmbeddedPlanner) -> None:
    question = f"Observe {A} with the NOT and {B} with the INT tonight, priorities 50 and 20"
    given = _requests(planner.plan(question, [TELESCOPES]))
    assert [given[n]["priorities"] for n in (A, B)] == [[50], [20]]
    either = planner.plan(f"Only one of the two tonight: {A} with the NOT or {B} with the INT", [TELESCOPES])
    (combined,) = [s for s in either.steps if s.tool == "combine_requests"]
    assert combined.arguments["one_of"] is True
    assert not any(a["one_of"] for a in _requests(either).values())


@pytest.mark.parametrize(
    ("question", "images", "spectra"),
    [
        (f"Image {A} with the 85 cm and take a spectrum with the 2.16 m tonight", ["xinglong_85cm"], ["xinglong_2m"]),
        (f"今晚用兴隆 85 厘米成像，再用 2.16 米拍光谱，目标 {A}", ["xinglong_85cm"], ["xinglong_2m"]),
        (f"Imaging with the Liverpool Telescope followed by spectroscopy with the NOT of {A} tonight", ["lt"], ["not"]),
        (f"Spectra with the NOT and r-band images with the INT of {A} tonight", ["int"], ["not"]),
        (f"Imaging and spectroscopy of {A} tonight from Xinglong, Lijiang and La Palma", [], []),
    ],
)
def test_images_here_and_spectra_there(
    planner: EmbeddedPlanner, question: str, images: list[str], spectra: list[str]
) -> None:
    (given,) = _requests(planner.plan(question, [TELESCOPES])).values()
    assert (given["telescopes"], given["spectrum_telescopes"]) == (images, spectra)
    assert set(given["modes"]) == {"imaging", "spectroscopy"}


@pytest.mark.parametrize(
    ("question", "instruments"),
    [
        (f"Observe {A} with YFOSC at Lijiang tonight in r", ["yfosc"]),
        (f"今晚用 BFOSC 拍 {A} 的光谱，兴隆", ["bfosc", "nbt_camera", "pi_1300b", "ccd"][:1]),
        (f"Observe {A} from Lijiang tonight in r", []),
    ],
)
def test_instruments_that_are_named_are_used(planner: EmbeddedPlanner, question: str, instruments: list[str]) -> None:
    (given,) = _requests(planner.plan(question, [TELESCOPES])).values()
    assert given["instruments"] == instruments


@pytest.mark.parametrize(
    ("question", "bands", "counts", "lengths"),
    [
        (f"Tonight from Lijiang {A}: g 3x60 s, r 5x30 s", ["g", "r"], [3, 5], [60, 30]),
        (f"Observe {A} tonight from Lijiang, 3x60 s in g and 5x30 s in r", ["g", "r"], [3, 5], [60, 30]),
        (f"今晚从丽江观测 {A}，g 波段 3 张 60 秒，r 波段 5 张 30 秒", ["g", "r"], [3, 5], [60, 30]),
        (f"Observe {A} tonight from Lijiang, B 120 s, V 60 s and R 60 s", ["B", "V", "R"], [], [120, 60, 60]),
        (f"Observe {A} tonight from Lijiang, 3x60 s in g and r", ["g", "r"], [], []),
    ],
)
def test_exposures_differ_from_band_to_band(
    planner: EmbeddedPlanner, question: str, bands: list[str], counts: list[int], lengths: list[float]
) -> None:
    (given,) = _requests(planner.plan(question, [TELESCOPES])).values()
    assert given["bands"] == bands
    assert given["band_exposures"] == counts
    assert [_seconds(v) for v in given["band_exposure"]] == lengths


@pytest.mark.parametrize(
    ("question", "hours", "visits"),
    [
        (f"Three epochs of {A}, 2 nights apart, from La Palma starting tomorrow", 48, 3),
        (f"从明天起从丽江观测 {A} 三次，间隔两晚", 48, 3),
        (f"Observe {A} every other night from La Palma, four visits", 48, 4),
        (f"从丽江观测 {A}，每隔一天一次，共五次", 48, 5),
    ],
)
def test_nights_between_visits(planner: EmbeddedPlanner, question: str, hours: float, visits: int) -> None:
    (given,) = _requests(planner.plan(question, [TELESCOPES])).values()
    assert (_seconds(given["cadence"]), given["visits"]) == (hours, visits)
    from gnomon.agents.understanding.moments import moment_of

    assert (moment_of(given["end"]) - moment_of(given["start"])).total_seconds() >= hours * 3600 * (visits - 1)

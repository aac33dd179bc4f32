"""The network for single pulses: learning, the score by false alarms, the guard, and simulated candidates."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.splits import split_by_group
from gnomon.tools.inference.hub.training import Training
from gnomon.tools.inference.pulses import single_pulses
from gnomon.tools.inference.pulses.candidate_images import BANDS, DELAYS, NUMBERS, TIMES, candidate_images
from gnomon.tools.inference.pulses.pulse_search import SearchRange, find_pulses
from gnomon.tools.inference.pulses.simulate_bursts import Burst, Receiver, add_burst
from gnomon.tools.inference.pulses.simulated_candidates import simulated_candidates
from gnomon.tools.inference.pulses.single_pulses import SinglePulses, read_candidates, recall_at, save_candidates

MODEL = SinglePulses()
RECEIVER = Receiver(1182.0, 1582.0, 64, 1e-3)


def images_of(pulses, count, seed):
    """Images and numbers of candidates: straight pulses, or sparks that were dedispersed, drawn directly."""
    rng = np.random.default_rng(seed)
    dynamic = rng.normal(size=(count, BANDS, TIMES))
    time = np.arange(TIMES)
    band = np.arange(BANDS)
    for i in range(count):
        slope = 0.0 if pulses[i] else rng.choice([-1, 1]) * rng.uniform(0.8, 1.6)
        course = TIMES / 2 + slope * (band - BANDS / 2)
        dynamic[i] += 2.5 * np.exp(-0.5 * ((time[None, :] - course[:, None]) / 2.0) ** 2)
    delays = np.linspace(-8, 8, DELAYS)
    plane = (
        8 * np.exp(-0.5 * (((time - TIMES / 2)[None] + 2 * delays[:, None]) / 3.0) ** 2) / (1 + np.abs(delays))[:, None]
    )
    plane = plane[None] + rng.normal(size=(count, DELAYS, TIMES))
    numbers = rng.normal(size=(count, len(NUMBERS)))
    return {
        "dynamic": dynamic.astype(np.float16),
        "plane": plane.astype(np.float16),
        "numbers": numbers.astype(np.float32),
    }


@pytest.fixture(scope="module")
def split():
    count = 900
    target = np.arange(count) % 2
    extras = {"hours_share": np.full(count, 0.01), "bursts_share": np.full(count, 0.5)}
    examples = Examples(
        images_of(target == 1, count, 0), target.astype(np.int64), np.arange(count) // 3, "drawn", True, extras
    )
    return split_by_group(examples, (0.5, 0.25, 0.25), seed=0, stratify=False)


@pytest.fixture(scope="module")
def fitted(split, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            single_pulses._RECIPE, "cpu", replace(single_pulses._RECIPE["cpu"], epochs=8, batch=32, members=1)
        )
        patch.setitem(single_pulses._WIDTH, "cpu", 4)
        training = Training(tmp_path_factory.mktemp("training"), seed=1, note=lambda _: None)
        return MODEL.fit(split.train, split.validation, "cpu", training)


def test_it_learns_the_course_of_a_pulse(split, fitted):
    said = MODEL.predict(fitted, split.test.inputs, "cpu")
    # The numbers say nothing here; only the images do.
    assert np.mean((said.value[:, 1] > 0.5) == (split.test.target == 1)) > 0.9
    assert said.value.sum(axis=1) == pytest.approx(np.ones(len(split.test)))


def test_a_candidate_is_judged_by_itself(split, fitted):
    inputs = {k: v[:40] for k, v in split.test.inputs.items()}
    whole = MODEL.predict(fitted, inputs, "cpu")
    turned = MODEL.predict(fitted, {k: v[::-1] for k, v in inputs.items()}, "cpu")
    alone = MODEL.predict(fitted, {k: v[7:8] for k, v in inputs.items()}, "cpu")
    assert turned.value[::-1] == pytest.approx(whole.value, abs=1e-5)
    assert alone.value == pytest.approx(whole.value[7:8], abs=1e-5)


def test_the_guard_flags_what_no_search_gives(split, fitted):
    assert np.mean(MODEL.predict(fitted, split.test.inputs, "cpu").in_domain < 0.01) < 0.05
    for name, inputs in MODEL.strange(split.test, 0).items():
        flagged = np.mean(MODEL.predict(fitted, inputs, "cpu").in_domain < 0.01)
        if name != "power upside down":
            assert flagged > 0.9, name


def test_what_explains_looks_at_the_pulse(split, fitted):
    inputs = {k: v[:3] for k, v in split.test.inputs.items()}
    told = MODEL.explain(fitted, inputs, "cpu").values
    assert told["dynamic"].shape == (3, BANDS, TIMES)
    middle = np.abs(told["dynamic"][:, :, TIMES // 2 - 16 : TIMES // 2 + 16]).sum()
    assert middle > 1.5 * (np.abs(told["dynamic"]).sum() - middle)


def test_recall_counts_bursts_that_the_search_missed():
    target = np.array([1, 1, 0, 0, 1, 0])
    value = np.column_stack([np.zeros(6), [0.9, 0.5, 0.7, 0.2, 0.1, 0.05]])
    extras = {"hours_share": np.full(6, 1 / 6), "bursts_share": np.full(6, 4 / 6)}  # one hour, four bursts, three found
    assert recall_at(0.0)(target, value, extras) == pytest.approx(1 / 4)
    assert recall_at(1.0)(target, value, extras) == pytest.approx(2 / 4)
    assert recall_at(10.0)(target, value, extras) == pytest.approx(3 / 4)


def test_the_cut_of_the_baseline_is_chosen_without_the_test_part(split):
    made = MODEL.baseline(split.train, split.test, 0)
    again = MODEL.baseline(split.train, split.test.take(np.arange(10)), 0)
    for name, value in made.items():
        assert value.shape == (len(split.test), 2)
        assert again[name] == pytest.approx(value[:10]), name


def test_images_show_a_pulse_straight_and_in_the_middle():
    spectrum = np.random.default_rng(0).standard_normal((64, 4096), dtype=np.float32)
    add_burst(spectrum, RECEIVER, Burst(1.5, 300.0, 8e-3), 40.0)
    best = find_pulses(spectrum, RECEIVER.frequency_mhz, 1e-3, SearchRange(800.0, 0.05, 10.0))[0]
    seen = candidate_images(spectrum, RECEIVER.frequency_mhz, 1e-3, best)
    assert seen["dynamic"].shape == (BANDS, TIMES)
    profile = seen["dynamic"].sum(axis=0)
    assert abs(int(profile.argmax()) - TIMES // 2) <= 2
    # Noise of one in each bin away from the pulse.
    assert seen["dynamic"][:, :20].std() == pytest.approx(1.0, abs=0.1)
    row, column = np.unravel_index(seen["plane"].argmax(), seen["plane"].shape)
    assert abs(row - DELAYS / 2) <= 2
    assert abs(column - TIMES // 2) <= 3
    assert seen["plane"].max() == pytest.approx(best.snr, rel=0.15)
    numbers = dict(zip(NUMBERS, seen["numbers"], strict=True))
    assert numbers["log_snr"] == pytest.approx(np.log10(best.snr), abs=1e-5)
    assert numbers["undispersed_share"] < 0.4
    assert numbers["bands_share"] > 0.9


def test_images_at_the_edge_of_the_data_are_padded():
    spectrum = np.random.default_rng(0).standard_normal((10, 300), dtype=np.float32)
    receiver = Receiver(1182.0, 1582.0, 10, 1e-3)
    add_burst(spectrum, receiver, Burst(0.01, 50.0, 8e-3), 60.0)
    best = find_pulses(spectrum, receiver.frequency_mhz, 1e-3, SearchRange(200.0, 0.05, 10.0))[0]
    seen = candidate_images(spectrum, receiver.frequency_mhz, 1e-3, best)
    assert all(np.isfinite(v).all() for v in seen.values())


def test_simulated_candidates_are_the_same_for_the_same_seed_and_know_their_bursts(tmp_path):
    some, more = simulated_candidates(3, 5), simulated_candidates(4, 5)
    assert np.array_equal(more.inputs["dynamic"][: len(some)], some.inputs["dynamic"])
    assert more.simulated
    assert more.extras["bursts_share"].sum() == pytest.approx(8.0)
    pulses = more.target == 1
    assert pulses.any()
    # Of each burst one candidate, about as bright as it was put in.
    ratio = more.extras["snr"][pulses] / more.extras["injected_snr"][pulses]
    assert np.all((ratio > 0.4) & (ratio < 4.5))
    assert np.isnan(more.extras["injected_snr"][~pulses]).all()
    save_candidates(more, tmp_path / "c.safetensors")
    again = MODEL.load("simulated-pulses", tmp_path / "c.safetensors")
    assert np.array_equal(again.inputs["plane"], more.inputs["plane"])
    assert np.array_equal(again.groups, more.groups)


def test_other_files_are_refused(tmp_path):
    from gnomon.tools.inference.hub.weights import write_tensors

    write_tensors(tmp_path / "x.safetensors", {"a": np.ones(3)}, {})
    with pytest.raises(InputError, match="holds no candidates"):
        read_candidates(tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="no set 'real-pulses'"):
        MODEL.load("real-pulses", tmp_path)


def filterbank(path, bursts, times):
    """A SIGPROC file of eight bits, highest frequency first."""
    spectrum = np.random.default_rng(1).standard_normal((64, times), dtype=np.float32)
    for time, dm in bursts:
        add_burst(spectrum, RECEIVER, Burst(time, dm, 5e-3), 25.0)
    power = np.clip(np.rint(100 + 12 * spectrum[::-1]), 0, 255).astype(np.uint8)

    def word(text):
        return struct.pack("<i", len(text)) + text.encode()

    values = {
        "nchans": 64,
        "nbits": 8,
        "nifs": 1,
        "tsamp": 1e-3,
        "fch1": float(RECEIVER.frequency_mhz[-1]),
        "foff": -RECEIVER.channel_mhz,
    }
    header = word("HEADER_START")
    for name, value in values.items():
        header += word(name) + struct.pack("<d" if isinstance(value, float) else "<i", value)
    path.write_bytes(header + word("HEADER_END") + power.T.tobytes())
    return path


def test_a_filterbank_file_is_streamed_as_candidates(tmp_path):
    path = filterbank(tmp_path / "x.fil", [(1.0, 200.0), (2.5, 500.0)], 5000)
    whole = list(MODEL.stream(path, 1000))
    assert len(whole) == 1
    assert whole[0].target is None
    assert not whole[0].simulated
    assert [round(d, -1) for d in whole[0].extras["dm"]] == [200.0, 500.0]
    assert whole[0].names[0].startswith("1.00")
    single = list(MODEL.stream(path, 1))
    assert [len(e) for e in single] == [1, 1]
    assert len({g for e in single for g in e.groups}) == 2
    assert np.array_equal(single[1].inputs["plane"][0], whole[0].inputs["plane"][1])
    assert list(MODEL.stream(filterbank(tmp_path / "y.fil", [], 3000), 1000)) == []

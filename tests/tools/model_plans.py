"""A plan with every tool that uses a trained model, on small files of made-up numbers, and a run of it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archive_plans import Called, Checked, made, made_once, plan_of

from gnomon.agents.conversation import Conversation
from gnomon.plans.policy import Policy
from gnomon.tools.inference.flares.active_regions import KEYWORDS
from gnomon.tools.registry import Registry

MODELS: list[Called] = [
    ("galaxies", "read_object_table", {"file": "galaxies.csv"}, {}),
    ("redshifts", "estimate_redshifts", {"photometry": "galaxies"}, {}),
    ("redshift_numbers", "measure_redshifts", {"redshifts": "redshifts"}, {}),
    ("redshift_figure", "plot_redshifts", {"redshifts": "redshifts"}, {}),
    ("catalogue", "read_source_table", {"file": "placed.csv"}, {"frame": "ICRS", "epoch": "2000 yr"}),
    ("properties", "take_properties", {"sources": "catalogue"}, {}),
    ("placed_redshifts", "estimate_redshifts", {"photometry": "properties"}, {"objects": "quasar"}),
    ("pulsars", "read_object_table", {"file": "pulsars.csv"}, {}),
    ("ranking", "rank_pulsar_candidates", {"candidates": "pulsars"}, {}),
    ("ranking_numbers", "measure_ranking", {"ranking": "ranking"}, {}),
    ("ranking_figure", "plot_ranking", {"ranking": "ranking"}, {}),
    ("regions", "read_object_table", {"file": "regions.csv"}, {}),
    ("forecast", "forecast_flares", {"regions": "regions"}, {}),
    ("forecast_numbers", "measure_classification", {"classification": "forecast"}, {}),
    ("forecast_figure", "plot_classification", {"classification": "forecast"}, {}),
    ("variables", "read_object_table", {"file": "variables.csv"}, {}),
    ("classes", "classify_variable_stars", {"objects": "variables"}, {}),
    ("supernovae", "read_multiband_light_curves", {"file": "supernovae.csv"}, {"zero_point": "27.5 mag"}),
    ("types", "classify_supernovae", {"light_curves": "supernovae"}, {}),
    ("spectrum", "read_filterbank", {"file": "burst.fil"}, {}),
    ("bursts", "find_single_pulses", {"dynamic_spectrum": "spectrum"}, {"dm_max": "300 pc/cm3"}),
    ("burst_figure", "plot_single_pulse", {"dynamic_spectrum": "spectrum", "ranking": "bursts"}, {}),
    ("folded", "plot_pulsar_candidate", {"dynamic_spectrum": "spectrum"}, {"period": "0.1 s", "dm": "100 pc/cm3"}),
    ("curve", "read_light_curve", {"file": "transits.csv"}, {}),
    ("flat", "detrend_light_curve", {"light_curve": "curve"}, {}),
    ("boxes", "transit_periodogram", {"light_curve": "flat"}, {"period_min": "2 d", "period_max": "4 d"}),
    ("signals", "identify_transits", {"periodogram": "boxes", "light_curve": "flat"}, {}),
    ("vetted", "vet_transits", {"candidates": "signals", "light_curve": "flat"}, {}),
    ("looked_at", "detect_transits", {"light_curve": "curve"}, {}),
    ("pulsating", "read_light_curve", {"file": "pulsating.csv"}, {}),
    ("measured", "measure_variable_features", {"light_curve": "pulsating"}, {}),
    ("measured_classes", "classify_variable_stars", {"objects": "measured"}, {}),
    ("bands", "read_multiband_light_curves", {"file": "bands.csv"}, {}),
    ("rr_types", "classify_rr_lyrae", {"light_curves": "bands"}, {}),
    ("measured_bands", "measure_multiband_variables", {"light_curves": "bands"}, {}),
    ("many", "read_object_table", {"file": "many.csv"}, {}),
    ("odd", "find_odd_light_curves", {"objects": "many"}, {}),
    ("quasars", "read_multiband_light_curves", {"file": "quasars.csv"}, {}),
    ("masses", "estimate_black_hole_masses", {"light_curves": "quasars"}, {}),
    ("voltages", "read_voltage_records", {"file": "voltages.csv"}, {}),
    ("sources", "classify_interference", {"records": "voltages"}, {}),
]  # fmt: skip


def _table(path: Path, names: Sequence[str], columns: Sequence[Any]) -> Path:
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(names)
        rows.writerows(zip(*columns, strict=True))
    return path


def files_of(folder: Path) -> list[Path]:
    """Small files, one for each tool that reads."""
    rng = np.random.default_rng(11)
    n = 12
    r = rng.uniform(16, 19, n)
    magnitudes = [np.round(r + d + rng.normal(0, 0.1, n), 4) for d in (2.6, 0.9, 0.0, -0.4, -0.7)]
    bands = [f"{b}_mag" for b in "ugriz"]
    made_files = [
        _table(folder / "galaxies.csv", ["id", *bands], [np.arange(n), *magnitudes]),
        _table(folder / "placed.csv", ["id", "ra", "dec", *bands], [np.arange(n), rng.uniform(10, 12, n), rng.uniform(1, 2, n), *magnitudes]),
        _table(
            folder / "pulsars.csv",
            ["name", "ip_mean", "ip_std", "ip_kurt", "ip_skew", "dm_mean", "dm_std", "dm_kurt", "dm_skew"],
            [[f"c{i}" for i in range(n)], *(rng.normal(m, s, n) for m, s in ((110, 20), (46, 6), (0.3, 0.3), (0.5, 0.5), (4, 2), (20, 5), (8, 2), (90, 40)))],
        ),
        _table(folder / "regions.csv", ["noaa_ar", "t_rec", *KEYWORDS], [np.arange(11100, 11100 + n), [f"2012-03-{d + 1:02d}T00:00:00" for d in range(n)], *(10 ** rng.uniform(0, 2, n) for _ in KEYWORDS)]),
        _table(
            folder / "variables.csv",
            ["star", "type_of_survey", "period1_d", "ampl1_mag", "i_mag", "v_mag", "R21_1", "phi21_1", "R31_1", "phi31_1"],
            [[f"s{i}" for i in range(n)], ["x"] * n, 10 ** rng.uniform(-0.5, 1, n), rng.uniform(0.1, 0.9, n), rng.uniform(14, 18, n), rng.uniform(15, 19, n), *(rng.uniform(0, 0.5, n) if i % 2 == 0 else rng.uniform(0, 6, n) for i in range(4))],
        ),
    ]  # fmt: skip
    time = np.tile(np.repeat(np.arange(0.0, 70.0, 5.0), 4), 2)
    band = np.tile(np.array(list("griz")), len(time) // 4)
    which = np.repeat(["a", "b"], len(time) // 2)
    peak = np.where(which == "a", 25.0, 30.0)
    flux = 200 * np.exp(-0.5 * ((time - peak) / np.where(time < peak, 7.0, 14.0)) ** 2) + rng.normal(0, 5, len(time))
    made_files.append(_table(folder / "supernovae.csv", ["object", "mjd", "band", "flux", "flux_err"], [which, 56000 + time, band, flux, np.full(len(time), 5.0)]))  # fmt: skip
    made_files.append(_filterbank(folder / "burst.fil"))
    t = np.arange(0.0, 27.0, 1 / 48)
    depth = 0.01 * (np.abs((t - 1.1 + 1.5) % 3.0 - 1.5) < 0.06)
    made_files.append(_table(folder / "transits.csv", ["time", "flux", "flux_err"], [t, 1 - depth + rng.normal(0, 3e-4, len(t)), np.full(len(t), 3e-4)]))  # fmt: skip
    nights = np.sort(rng.uniform(0, 120, 80)) + 58000
    phase = 2 * np.pi * nights / 0.5731
    pulse = -2.5 * np.log10(1 + 0.4 * np.cos(phase) + 0.15 * np.cos(2 * phase + 0.5))
    made_files.append(_table(folder / "pulsating.csv", ["mjd", "mag", "magerr"], [nights, 16 + pulse + rng.normal(0, 0.01, 80), np.full(80, 0.01)]))  # fmt: skip
    made_files.append(_table(folder / "bands.csv", ["object", "mjd", "band", "mag", "magerr"], [["a"] * 160, np.tile(nights, 2), np.repeat(["g", "r"], 80), np.concatenate([16.3 + pulse, 16 + pulse]) + rng.normal(0, 0.01, 160), np.full(160, 0.01)]))  # fmt: skip
    made_files.append(_table(folder / "many.csv", ["name", "period_d", "amplitude"], [[f"m{i}" for i in range(80)], 10 ** rng.normal(0, 0.1, 80), rng.normal(0.5, 0.05, 80)]))  # fmt: skip
    walk = 18 + 0.2 * np.cumsum(rng.normal(0, 0.3, 80))
    made_files.append(_table(folder / "quasars.csv", ["object", "mjd", "band", "mag", "magerr", "redshift"], [["q"] * 80, 58000 + 12.0 * np.arange(80), ["g"] * 80, walk, np.full(80, 0.02), np.full(80, 1.2)]))  # fmt: skip
    sparks = np.where(rng.random(9000) < 0.002, rng.normal(0, 30, 9000), 0.0)
    made_files.append(_table(folder / "voltages.csv", ["time_us", "voltage"], [5.0 * np.arange(9000), sparks + rng.normal(0, 1, 9000)]))  # fmt: skip
    return made_files


def _filterbank(path: Path) -> Path:
    """Two seconds of a small SIGPROC file with one bright dispersed pulse (4.148808e3 s MHz2 pc-1 cm3, Lorimer & Kramer 2005)."""
    import struct

    channels, samples, step = 64, 4096, 0.0005
    frequency = 1500.0 - np.arange(channels) * 4.0
    power = np.random.default_rng(5).normal(100, 10, (samples, channels))
    delay = 4.148808e3 * 100.0 * (frequency**-2 - frequency[0] ** -2)
    index = np.arange(samples) * step
    for c in range(channels):
        power[:, c] += 25 * np.exp(-0.5 * ((index - 0.6 - delay[c]) / 0.002) ** 2)

    def text(word: str) -> bytes:
        return struct.pack("<i", len(word)) + word.encode()

    header = text("HEADER_START") + text("source_name") + text("made up")
    for key, kind, value in (("telescope_id", "<i", 0), ("machine_id", "<i", 0), ("data_type", "<i", 1), ("nchans", "<i", channels), ("nbits", "<i", 8), ("nifs", "<i", 1), ("tstart", "<d", 59000.0), ("tsamp", "<d", step), ("fch1", "<d", frequency[0]), ("foff", "<d", -4.0)):  # fmt: skip
        header += text(key) + struct.pack(kind, value)
    path.write_bytes(header + text("HEADER_END") + np.clip(power, 0, 255).astype(np.uint8).tobytes())
    return path


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Checked]:
    """A run that uses every trained model."""
    return made_once(tmp_path_factory, "models", _models)


def _models(folder: Path) -> list[Checked]:
    registry = Registry.load()
    files = files_of(folder)
    return [
        Checked.of(made(Conversation(folder / "home", registry, Policy()), plan_of(registry, MODELS, files), files))
    ]

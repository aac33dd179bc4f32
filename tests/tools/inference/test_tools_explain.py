"""Tools that use trained models tell of their first objects what made the model say so; with the weights that come along."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import QTable

import gnomon.tools.inference as inference
from gnomon.tools.inference.flares.active_regions import KEYWORDS
from gnomon.tools.inference.pulses.candidate_statistics import STATISTICS
from gnomon.tools.registry import Registry

pytest.importorskip("torch")

REGISTRY = Registry.load()
BELOW = Path(inference.__file__).parent


def said(tool: str, **given: Any) -> tuple[QTable, dict[str, Any]]:
    """What a tool gives with its own weights, and the explanation in it."""
    declared = REGISTRY[tool].declaration.weights
    weights = {name: next(BELOW.rglob(Path(file).name)) for name, (file, _sha) in declared.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # made-up numbers are unlike what the models know
        table = REGISTRY[tool].function(**given, **weights)
    return table, json.loads(table.meta["explanation"])


def objects(names: tuple[str, ...], middle: Any, n: int = 9) -> QTable:
    rng = np.random.default_rng(2)
    values = np.asarray(middle, dtype=float) * 10 ** rng.normal(0.0, 0.05, (n, len(names)))
    return QTable({"name": [f"o{i}" for i in range(n)]} | {name: values[:, i] for i, name in enumerate(names)})


def test_pulsars_are_explained_from_the_best_on() -> None:
    middle = (60.0, 40.0, 3.0, 12.0, 40.0, 60.0, 2.0, 5.0)
    table, told = said("rank_pulsar_candidates", candidates=objects(STATISTICS, middle))
    assert told["objects"] == [str(n) for n in table["name"][:6]]
    part = told["parts"][0]
    assert part["labels"] == list(STATISTICS) and np.shape(part["adds"]) == (6, 8)
    # They add up to the logit, from one start: what is more likely has more added to it.
    sums = np.sum(part["adds"], axis=1)
    assert np.corrcoef(sums, np.log(table["score"][:6] / (1 - table["score"][:6])))[0, 1] > 0.99


def test_redshifts_are_explained_where_there_are_magnitudes() -> None:
    table = objects(("u_mag", "g_mag", "r_mag", "i_mag", "z_mag"), (19.5, 18.3, 17.6, 17.2, 17.0))
    for band in "ugriz":
        table[f"{band}_mag"][0] = np.nan
    table["u_mag"][1] = np.nan
    made, told = said("estimate_redshifts", photometry=table)
    assert np.isnan(made["z"][0]) and told["objects"] == [f"o{i}" for i in range(1, 7)]
    part = told["parts"][0]
    assert part["given"][0][0] is None and part["adds"][0][0] == 0.0 and any(part["adds"][0][1:])


def test_flares_are_explained_for_the_regions_most_likely_to_flare() -> None:
    made, told = said("forecast_flares", regions=objects(KEYWORDS, np.full(len(KEYWORDS), 30.0)))
    best = np.argsort(-np.asarray(made["p_M flare"]), kind="stable")[:6]
    assert told["objects"] == [str(made["name"][i]) for i in best]
    labels = told["parts"][0]["labels"]
    assert labels[:25] == list(KEYWORDS) and len(labels) == 41
    assert not np.any(np.array(told["parts"][0]["adds"])[:, 25:])  # no flares and spots were given


def test_variable_stars_are_explained_in_the_columns_of_their_survey() -> None:
    names = ("log10_period_d", "ampl_mag", "skew", "kurt", "gi", "ug", "ik", "jk", "mag_median")
    _table, told = said("classify_variable_stars", objects=objects(names, (-0.24, 0.8, -0.3, -0.6, 0.2, 1.1, 0.4, 0.2, 15.5)))  # fmt: skip
    part = told["parts"][0]
    assert set(part["labels"]) == set(names) and told["objects"] == [f"o{i}" for i in range(6)]
    period = part["labels"].index("log10_period_d")
    assert all(abs(row[period]) == max(map(abs, row)) for row in part["adds"][:2])

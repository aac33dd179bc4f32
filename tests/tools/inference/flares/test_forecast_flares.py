"""The tool that forecasts flares, with the weights that come along."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.inference.flares import forecast_flares as module
from gnomon.tools.inference.flares.active_regions import KEYWORDS
from gnomon.tools.inference.flares.forecast_flares import forecast_flares
from gnomon.tools.inference.hub.cards import problems, read_card
from gnomon.tools.inference.hub.weights import read_tensors
from gnomon.tools.kinds import KINDS

FAMILY = Path(module.__file__).parent
WEIGHTS = FAMILY / module.WEIGHTS[0]
KIND = KINDS["Classification"]
ROOT = Path(__file__).resolve().parents[4]
SHARED = ROOT.parent / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not (SHARED / "solar-flares").is_dir(),
    reason="SHARED DATA MISSING: ../shared/data is not beside the repository, so the tool was not tested on observed regions",
)


def _quiet_region() -> dict[str, float]:
    """The typical quiet region that the weights remember."""
    tensors, header = read_tensors(WEIGHTS)
    return dict(zip(header["keywords"], tensors["explain.keywords"].tolist(), strict=True))


def _regions(**columns: object) -> QTable:
    """A quiet region, and one with twenty times its flux, energy and currents, a strong neutral line and strong shear."""
    quiet = _quiet_region()
    strong = dict(quiet)
    for name in ("TOTUSJH", "TOTBSQ", "TOTUSJZ", "USFLUX", "AREA_ACR", "SAVNCPP", "ABSNJZH", "TOTFZ"):
        strong[name] = 12.0 * quiet[name]
    strong |= {"TOTPOT": 25.0 * quiet["TOTPOT"], "R_VALUE": 5.0, "SHRGT45": 45.0, "MEANPOT": 2.0 * quiet["MEANPOT"]}
    table = QTable({"name": ["quiet", "strong"], **{k: [quiet[k], strong[k]] for k in KEYWORDS}})
    for name, values in columns.items():
        table[name] = values
    return table


def _flares(region: int) -> QTable:
    hours = np.arange(1, 9) * 2
    start = np.datetime64("2012-03-06T23:00:00") - hours * np.timedelta64(1, "h")
    return QTable(
        {
            "name": [f"flare {h}" for h in hours],
            "noaa_ar": np.full(8, region),
            "start_time": start.astype(str),
            "end_time": (start + np.timedelta64(20, "m")).astype(str),
            "goes_class": ["M2.0", "C5.0", "M1.1", "C8.0", "X1.1", "C3.0", "M5.0", "C2.0"],
        }
    )


def _said(*args: object, **more: object) -> QTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return forecast_flares(*args, **more)


def test_declared_weights_and_card_are_those_that_come_along() -> None:
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == module.WEIGHTS[1]
    assert WEIGHTS.stat().st_size < 4 * 2**20
    card = read_card(FAMILY / "cards" / "solar_flares.yaml")
    assert card.weights["sha256"] == module.WEIGHTS[1] and not problems(card)
    header = read_tensors(WEIGHTS)[1]
    assert (header["model"], header["card"]) == ("solar_flares", card.leading())


def test_rows_say_what_the_kind_promises_and_strong_regions_flare_more() -> None:
    made = _said(_regions(), WEIGHTS)
    assert KIND.codec.check(made, KIND) is None
    assert made["name"].tolist() == ["quiet", "strong"]
    assert np.asarray(made["p_M flare"]) + np.asarray(made["p_no M flare"]) == pytest.approx(1.0)
    assert made["p_M flare"][0] < 0.01 < 0.1 < made["p_M flare"][1]
    assert made["alarm"].tolist() == [False, True] and made["class"][0] == "no M flare"
    assert not made["flares_known"].any() and not made["spots_known"].any()
    assert made["in_domain"][0] > 0.01
    assert made.meta["model"]["sha256"] == module.WEIGHTS[1] and made.meta["hours_ahead"] == 24.0


def test_flares_before_count_and_later_ones_do_not() -> None:
    regions = _regions(noaa_ar=[11428, 11429], t_rec=["2012.03.06_23:48:00_TAI"] * 2)
    without = _said(regions, WEIGHTS)
    made = _said(regions, WEIGHTS, flares=_flares(11429))
    assert made["flares_known"].all()
    assert made["p_M flare"][1] > without["p_M flare"][1]
    assert np.asarray(made["keywords_alone"]) == pytest.approx(np.asarray(without["keywords_alone"]))
    later = _flares(11429)
    for column in ("start_time", "end_time"):
        later[column] = [t.replace("2012-03-06", "2012-03-07") for t in later[column]]
    after = _said(regions, WEIGHTS, flares=later)
    assert after["p_M flare"][1] < made["p_M flare"][1]


def test_spots_count_and_order_does_not() -> None:
    regions = _regions(noaa_ar=[11428, 11429], t_rec=["2012-03-06T23:48:00"] * 2)
    spots = QTable(
        {
            "name": ["11428", "11429"],
            "noaa_ar": [11428, 11429],
            "issued": ["2012-03-06"] * 2,
            "area_msh": [20.0, 1100.0],
            "extent_deg": [2.0, 18.0],
            "n_spots": [2, 30],
            "mag_type": ["Alpha", "Beta-Gamma-Delta"],
            "mcintosh": ["Axx", "Fkc"],
        }
    )
    made = _said(regions, WEIGHTS, flares=_flares(11429), spots=spots)
    assert made["spots_known"].all() and made["p_M flare"][1] > 0.5
    turned = _said(regions[::-1], WEIGHTS, flares=_flares(11429), spots=spots)
    assert np.asarray(turned["p_M flare"])[::-1] == pytest.approx(np.asarray(made["p_M flare"]))


def test_what_cannot_work_is_told_or_refused() -> None:
    with pytest.warns(UserWarning) as heard:
        forecast_flares(_regions(), WEIGHTS, flares=_flares(11429))
    assert any("no columns noaa_ar and t_rec" in str(w.message) for w in heard)
    with pytest.raises(InputError, match="lacks the columns TOTUSJH"):
        short = _regions()
        short.remove_column("TOTUSJH")
        forecast_flares(short, WEIGHTS)
    with pytest.raises(EmptyResult, match="no active region"):
        forecast_flares(_regions()[:0], WEIGHTS)
    scaled = _regions()
    for name in KEYWORDS:
        scaled[name] = 1000.0 * scaled[name]
    with pytest.warns(UserWarning, match="2 of 2 regions have parameters unlike"):
        forecast_flares(scaled, WEIGHTS)


@needs_shared
def test_tables_of_the_shared_set_go_the_way_of_the_model() -> None:
    import pandas as pd

    from gnomon.tools.inference.flares.solar_flares import SolarFlares
    from gnomon.tools.inference.hub.models import Fitted

    folder = SHARED / "solar-flares"
    rows, flares, spots = (pd.read_parquet(folder / f"{n}_dev.parquet") for n in ("sharp", "goes_flares", "srs"))
    chosen = np.flatnonzero(rows.noaa_ar.isin([11158, 11429, 11515]).to_numpy())
    some = QTable.from_pandas(rows.iloc[chosen].astype({"t_rec": str}))
    some["name"] = [f"row {i}" for i in chosen]
    lists = []
    for table in (flares.drop(columns=["class_number", "peak_flux_wm2"]), spots):
        times = {c: str for c in ("start_time", "end_time", "peak_time", "issued") if c in table}
        lists.append(QTable.from_pandas(table.astype(times)))
    made = _said(some, WEIGHTS, flares=lists[0], spots=lists[1])
    examples = SolarFlares().load("solar-flares", SHARED).take(chosen)
    direct = SolarFlares().predict(Fitted(*read_tensors(WEIGHTS)), examples.inputs)
    assert np.asarray(made["p_M flare"]) == pytest.approx(direct.value[:, 1], abs=1e-6)
    assert made["spots_known"].mean() > 0.9 and made["flares_known"].all()

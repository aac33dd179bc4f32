"""The model of solar flares: what it may know, what it says, and how it is scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.flares import flare_classifier
from gnomon.tools.inference.flares.active_regions import KEYWORDS, earlier_flares, spots_before
from gnomon.tools.inference.flares.flare_probabilities import BRANCHES, CLIMATOLOGY
from gnomon.tools.inference.flares.solar_flares import SolarFlares
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Fitted, NoSimulator
from gnomon.tools.inference.hub.splits import refuse_leak
from gnomon.tools.inference.hub.training import Training

MODEL = SolarFlares()
ROOT = Path(__file__).resolve().parents[4]
SHARED = ROOT.parent / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not (SHARED / "solar-flares").is_dir(),
    reason="SHARED DATA MISSING: ../shared/data is not beside the repository, so flares were not tested on observed regions",
)


def _made_up(count: int = 900, seed: int = 0) -> Examples:
    """Rows of regions whose flares follow one keyword and the flares before; numbers of no Sun, for what must hold of any."""
    rng = np.random.default_rng(seed)
    strength = rng.normal(size=count)
    keywords = np.exp(rng.normal(size=(count, 25)) * 0.3 + 0.7 * strength[:, None]).astype(np.float32)
    history = np.exp(rng.normal(size=(count, 8)) + strength[:, None]).astype(np.float32)
    sunspots = np.abs(rng.normal(size=(count, 8)) + strength[:, None]).astype(np.float32)
    sunspots[::5] = np.nan
    flare = (rng.random(count) < 1 / (1 + np.exp(2.0 - 2.5 * strength))).astype(np.int64)
    extras = {"mcintosh": rng.choice(["Dai", "Ekc", ""], count), "flares_next_day": flare.astype(float)}
    return Examples({"keywords": keywords, "history": history, "sunspots": sunspots}, flare, np.arange(count) // 3, "made up", True, extras)  # fmt: skip


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Examples]:
    examples = _made_up()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(flare_classifier._TREES, "cpu", 12)
        fold = MODEL.folds(examples, 0)[0]
        refuse_leak(fold.train, fold.validation, fold.test)
        training = Training(tmp_path_factory.mktemp("training"), 0, "cpu", lambda _line: None)
        return MODEL.fit(fold.train, fold.validation, "cpu", training), fold.test


def test_what_is_known_chooses_the_branch(fitted: tuple[Fitted, Examples]) -> None:
    held, test = fitted
    assert held.header["branches"] == list(BRANCHES)
    made = MODEL.predict(held, test.inputs)
    plain = {k: np.full_like(v, np.nan) if k != "keywords" else v for k, v in test.inputs.items()}
    alone = MODEL.predict(held, plain)
    assert alone.value[:, 1] == pytest.approx(made.extras["from_keywords"])
    assert not np.allclose(made.value[:, 1], alone.value[:, 1])
    assert made.value.sum(axis=1) == pytest.approx(1.0)
    assert (made.extras["alarm"] == (made.value[:, 1] >= CLIMATOLOGY)).all()


def test_company_and_order_do_not_matter(fitted: tuple[Fitted, Examples]) -> None:
    held, test = fitted
    whole = MODEL.predict(held, test.inputs)
    order = np.random.default_rng(0).permutation(len(test))
    assert MODEL.predict(held, test.take(order).inputs).value == pytest.approx(whole.value[order])
    assert MODEL.predict(held, test.take(np.array([3])).inputs).value[0] == pytest.approx(whole.value[3])


def test_guard_flags_what_is_no_region(fitted: tuple[Fitted, Examples]) -> None:
    held, test = fitted
    strange = MODEL.strange(test, 0)
    assert set(strange) >= {"noise", "units off by 1000", "columns shifted by one", "zeros"}
    assert (MODEL.predict(held, strange["units off by 1000"]).in_domain < 0.01).mean() > 0.9
    assert (MODEL.predict(held, test.inputs).in_domain < 0.01).mean() < 0.06
    gaps = {k: v.copy() for k, v in test.inputs.items()}
    gaps["keywords"][0, :2] = np.nan
    made = MODEL.predict(held, gaps)
    assert made.in_domain[0] == 0.0 and np.isfinite(made.value).all()


def test_explanations_are_zero_where_nothing_is_known_or_nothing_differs(fitted: tuple[Fitted, Examples]) -> None:
    held, test = fitted
    inputs = {k: v[:3].copy() for k, v in test.inputs.items()}
    inputs["history"][1] = np.nan
    inputs["keywords"][2] = held.tensors["explain.keywords"]
    told = MODEL.explain(held, inputs).values
    assert told["history"][1].tolist() == [0.0] * 8 and np.abs(told["history"][0]).max() > 0
    assert told["keywords"][2] == pytest.approx(0.0, abs=1e-9)


def test_scores_of_forecasts_that_are_known() -> None:
    truth = np.array([1, 1, 0, 0, 0, 0, 0, 0])
    said = np.array([0.9, 0.01, 0.9, 0.01, 0.01, 0.01, 0.01, 0.01])
    value = np.column_stack([1 - said, said])
    told = {m.name: m.function(truth, value, {}) for m in MODEL.metrics}
    # One hit, one miss, one false alarm, five right denials; by hand from Park et al. 2018, table 3.
    assert told["POD"] == 0.5 and told["FAR"] == 0.5 and told["ACC"] == 0.75
    assert told["CSI"] == pytest.approx(1 / 3) and told["TSS"] == pytest.approx(1 / 2 - 1 / 6)
    assert told["HSS"] == pytest.approx(2 * (5 - 1) / (2 * 6 + 2 * 6))
    perfect = np.column_stack([1.0 - truth, truth.astype(float)])
    always = np.column_stack([np.full(8, 1 - CLIMATOLOGY), np.full(8, CLIMATOLOGY)])
    skill = next(m for m in MODEL.metrics if m.name == "Brier skill over climatology")
    assert skill.function(truth, perfect, {}) == 1.0 and skill.function(truth, always, {}) == 0.0


def test_there_is_no_simulator() -> None:
    with pytest.raises(NoSimulator):
        MODEL.simulate(10, 0)


def test_a_table_by_itself_has_no_lists(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {k: [1.0, 2.0] for k in KEYWORDS} | {"noaa_ar": [11158, 11159], "t_rec": pd.to_datetime(["2011-02-14"] * 2)}
    )
    table.to_parquet(tmp_path / "some.parquet")
    examples = MODEL.load("solar-flares", tmp_path / "some.parquet")
    assert examples.target is None and np.isnan(examples.inputs["history"]).all()
    assert examples.groups.tolist() == ["11158", "11159"]
    table.assign(flare_m_plus=[0, 7]).to_parquet(tmp_path / "some.parquet")
    with pytest.raises(InputError, match="other values than 0 and 1"):
        MODEL.load("solar-flares", tmp_path / "some.parquet")


@needs_shared
def test_the_shared_set_says_a_day_ahead_and_folds_part_no_region() -> None:
    examples = MODEL.load("solar-flares", SHARED)
    assert examples.target is not None and len(examples) == 6650
    assert examples.target.mean() == pytest.approx(CLIMATOLOGY, abs=5e-4)
    folds = MODEL.folds(examples, 0)
    assert sum(len(f.test) for f in folds) == len(examples)
    for fold in folds:
        refuse_leak(fold.train, fold.validation, fold.test)
    # Rows before a flare stand 24 hours before it; no other row has one in the next 24 hours.
    ahead = examples.extras["flares_next_day"]
    assert (ahead[examples.target == 1] > 0).mean() > 0.99
    assert (ahead[examples.target == 0] > 0).mean() < 0.002


@needs_shared
def test_hiding_what_comes_later_changes_nothing() -> None:
    folder = SHARED / "solar-flares"
    rows, flares, reports = (
        pd.read_parquet(folder / f"{name}_dev.parquet") for name in ("sharp", "goes_flares", "srs")
    )
    now = pd.Timestamp("2012-03-07T12:00")
    rows = rows[(rows.t_rec < now) & (rows.t_rec > now - pd.Timedelta(days=20))]
    assert len(rows) > 50
    made = []
    for known in (flares, flares[flares.end_time < now]), (reports, reports[reports.issued < now]):
        made.append([{k: t[k].to_numpy() for k in t.columns} for t in known])
    region, time = rows.noaa_ar.to_numpy(), rows.t_rec.to_numpy()
    whole, until = (earlier_flares(region, time, f) for f in made[0])
    assert whole[np.isfinite(until).all(axis=1)] == pytest.approx(until[np.isfinite(until).all(axis=1)])
    assert np.isfinite(until).all(axis=1).mean() > 0.9 and until.max() > 0
    whole, until = (spots_before(region, time, r)[0] for r in made[1])
    assert np.array_equal(whole, until, equal_nan=True) and np.isfinite(until[:, 0]).mean() > 0.9

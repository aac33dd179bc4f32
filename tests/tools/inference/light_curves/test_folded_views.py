"""Folding: the dip stands in the middle, scaled to -1, whatever the unit; gaps are bridged; what cannot be folded is refused."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.folded_views import GLOBAL_BINS, LOCAL_BINS, folded_views

PERIOD, EPOCH, DURATION, DEPTH = 3.30417, 1.10233, 0.14, 0.01  # no point stands right on the edge of a bin


def box(time: np.ndarray, depth: float = DEPTH) -> np.ndarray:
    since = (time - EPOCH + 0.5 * PERIOD) % PERIOD - 0.5 * PERIOD
    return np.where(np.abs(since) < 0.5 * DURATION, 1.0 - depth, 1.0)


@pytest.fixture
def time() -> np.ndarray:
    return np.arange(0.0, 27.0, 1.0 / 48.0)


def test_a_box_is_a_box_of_depth_one_in_the_middle(time: np.ndarray) -> None:
    whole, near = folded_views(time, box(time), PERIOD, EPOCH, DURATION)
    assert whole.shape == (GLOBAL_BINS,) and near.shape == (LOCAL_BINS,)
    assert whole.dtype == near.dtype == np.float32
    assert np.median(whole) == np.median(near) == 0.0
    assert whole.min() == near.min() == -1.0
    assert abs(int(whole.argmin()) - GLOBAL_BINS // 2) <= 5
    # Two durations on either side: the box is a quarter of the local view, and half of each bin's width is seen beyond its edge.
    assert 13 <= int((near < -0.5).sum()) <= 19
    assert near[:20].max() == near[-20:].max() == 0.0
    # The width of the dip in the global view is its part of the orbit.
    assert (whole < -0.5).sum() == pytest.approx(DURATION / PERIOD * GLOBAL_BINS, abs=2.0)


def test_units_and_depth_do_not_matter(time: np.ndarray) -> None:
    one = folded_views(time, box(time), PERIOD, EPOCH, DURATION)
    other = folded_views(time, 5000.0 * box(time, 0.3), PERIOD, EPOCH, DURATION)
    for a, b in zip(one, other, strict=True):
        assert np.allclose(a, b, atol=1e-5)


def test_order_whole_periods_and_missing_points_do_not_matter(time: np.ndarray) -> None:
    noisy = box(time) + np.random.default_rng(1).normal(0.0, 1e-3, len(time))
    one = folded_views(time, noisy, PERIOD, EPOCH, DURATION)
    order = np.random.default_rng(2).permutation(len(time))
    longer_time, longer = np.append(time[order], [5.0, np.nan]), np.append(noisy[order], [np.nan, 1.0])
    other = folded_views(longer_time, longer, PERIOD, EPOCH + 4 * PERIOD, DURATION)
    for a, b in zip(one, other, strict=True):
        assert np.allclose(a, b, atol=1e-6)


def test_gaps_in_phase_are_bridged_around_the_orbit(time: np.ndarray) -> None:
    since = (time - EPOCH + 0.5 * PERIOD) % PERIOD - 0.5 * PERIOD
    rising = box(time) + 1e-4 * np.abs(since)
    kept = np.abs(since) < 0.45 * PERIOD
    whole, _near = folded_views(time[kept], rising[kept], PERIOD, EPOCH, DURATION)
    assert np.isfinite(whole).all()
    assert np.ptp(whole[:8]) < 0.01  # both edges of the gap are equally high


@pytest.mark.parametrize(
    ("period", "epoch", "duration"), [(0.0, 1.0, 0.1), (3.0, np.nan, 0.1), (3.0, 1.0, 3.0), (3.0, 1.0, -0.1)]
)
def test_numbers_that_cannot_be_are_refused(time: np.ndarray, period: float, epoch: float, duration: float) -> None:
    with pytest.raises(InputError, match="cannot be folded"):
        folded_views(time, box(time), period, epoch, duration)


def test_a_flat_light_curve_and_one_without_points_near_the_transit_are_refused(time: np.ndarray) -> None:
    with pytest.raises(InputError, match="flat"):
        folded_views(time, np.ones_like(time), PERIOD, EPOCH, DURATION)
    since = (time - EPOCH + 0.5 * PERIOD) % PERIOD - 0.5 * PERIOD
    away = np.abs(since) > 3 * DURATION
    with pytest.raises(InputError, match="0 of 61 bins"):
        folded_views(time[away], box(time)[away], PERIOD, EPOCH, DURATION)


def test_views_of_the_set_are_of_this_shape(shared: object) -> None:
    """The local view of the published set reaches two durations to either side, which is seen where both views show the same dip."""
    from pathlib import Path

    import pyarrow.parquet as parquet

    folder = Path(str(shared)) / "tess-triage"
    views = np.load(folder / "views_dev.npz")
    table = parquet.read_table(
        folder / "catalogue_dev.parquet", columns=["label", "snr", "period_d", "duration_h"]
    ).to_pydict()
    chosen = [i for i, (label, snr, p) in enumerate(zip(table["label"], table["snr"], table["period_d"], strict=True)) if label == "PC" and snr > 20 and 2 < p < 10][:60]  # fmt: skip
    likeness = []
    for i in chosen:
        part = min(2.0 * table["duration_h"][i] / 24.0 / table["period_d"][i], 0.5)
        phase = part * np.linspace(-1.0, 1.0, LOCAL_BINS)
        seen = np.interp(phase, (np.arange(GLOBAL_BINS) + 0.5) / GLOBAL_BINS - 0.5, views["global_view"][i])
        likeness.append(np.corrcoef(seen, views["local_view"][i])[0, 1])
    assert len(chosen) > 30 and np.median(likeness) > 0.97

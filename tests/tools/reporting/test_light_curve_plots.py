"""Plots of light curves and transits: they draw, repeat byte for byte, and have captions."""

from __future__ import annotations

import io

import numpy as np
import pytest

from gnomon.eval.false_alarms import simulate
from gnomon.tools.errors import InputError
from gnomon.tools.fitting.detrend_light_curve import detrend_light_curve
from gnomon.tools.fitting.fit_transits import fit_transits
from gnomon.tools.fitting.identify_transits import identify_transits
from gnomon.tools.fitting.transit_periodogram import transit_periodogram
from gnomon.tools.reporting.light_curve_axes import break_at_gaps, time_label
from gnomon.tools.reporting.plot_detrended_light_curve import plot_detrended_light_curve
from gnomon.tools.reporting.plot_folded_transits import plot_folded_transits
from gnomon.tools.reporting.plot_light_curve import plot_light_curve
from gnomon.tools.reporting.plot_transit_periodogram import plot_transit_periodogram

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module")
def chain():
    raw, _ = simulate("K2 30 min", "white", np.random.default_rng(2), 60.0)
    flat = detrend_light_curve(raw)
    periodogram = transit_periodogram(flat)
    candidates = identify_transits(periodogram, flat)
    return raw, flat, periodogram, fit_transits(candidates, flat, steps=60)


def png(figure):
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=80, metadata={"Software": None})
    return stream.getvalue()


def test_all_plots_draw_and_repeat(chain):
    raw, flat, periodogram, posterior = chain
    for draw, inputs in (
        (plot_light_curve, (raw,)),
        (plot_detrended_light_curve, (flat,)),
        (plot_transit_periodogram, (periodogram,)),
        (plot_folded_transits, (posterior, flat)),
    ):
        figure = draw(*inputs)
        assert len(figure.get_label()) > 40
        assert png(figure) == png(draw(*inputs))
        assert all(axes.get_xlabel() or axes.get_ylabel() or figure.get_supylabel() for axes in figure.axes[-1:])


def test_time_label_says_what_is_known():
    assert (
        time_label({"time_reference": {"name": "BTJD", "zero_jd": 2457000.0, "scale": "tdb"}})
        == "Time (BTJD = BJD − 2457000, TDB) [d]"
    )
    assert time_label({"time_reference": {"name": None, "zero_jd": None, "scale": None}}) == "Time as in the file [d]"


def test_lines_break_at_gaps_and_wrong_inputs_are_refused(chain):
    time, _ = break_at_gaps(np.array([0.0, 0.1, 5.0]), np.ones(3))
    assert np.isnan(time[2])
    with pytest.raises(InputError, match="trend"):
        plot_detrended_light_curve(chain[0])

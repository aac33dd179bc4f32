"""Times of events: against transits that were observed, the calculator of Eastman et al. 2010, and astroplan."""

from __future__ import annotations

import erfa
import numpy as np
import pytest
from astroplan import EclipsingSystem
from astropy import units as u
from astropy.time import Time
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.tools.errors import InputError
from gnomon.tools.observing.events.ephemerides import RecurringEvent, occurrences

# Mid-transit times of WASP-12 b in TESS sector 20, BJD (TDB) - 2458800, and their errors: Ivshina & Winn 2022, doi:10.3847/1538-4365/ac545b.
TESS = np.array(
    [
        [43.00482203, 0.00046317], [44.09660047, 0.00051851], [45.18787164, 0.00048451], [46.27968217, 0.00050572],
        [47.37082803, 0.00050164], [48.46233643, 0.00052062], [49.55306527, 0.00048633], [50.64509632, 0.00048522],
        [51.73576818, 0.00052636], [52.82810059, 0.00042644], [53.9194172, 0.00048328], [58.28485721, 0.00056737],
        [59.37718055, 0.00048530], [60.46832015, 0.00046560], [61.55823005, 0.00046399], [62.65041052, 0.00054277],
        [63.7419198, 0.00052988], [64.83392163, 0.00050127], [65.9242836, 0.00046314], [67.0163078, 0.00051995],
        [68.10766407, 0.00048924],
    ]
)  # fmt: skip
WASP_12 = np.asarray(erfa.s2c(*np.radians([97.636645, 29.672302])))
# Fitted to transits before that sector was observed: Yee et al. 2020, doi:10.3847/2041-8213/ab5c16.
DECAYING = RecurringEvent(1.091420107, 2456305.455809, 2.9 / 24, 0.0, 4.2e-8, 3.2e-5, -29.0)


def _deviations(event: RecurringEvent) -> np.ndarray:
    """Observed less predicted times in standard deviations."""
    found = occurrences(event, WASP_12, (58842.0, 58868.0))
    nearest = np.abs(found.middles[None] - 2458800.0 - TESS[:, :1]).argmin(axis=1)
    apart = TESS[:, 0] + 2458800.0 - found.middles[nearest]
    return apart / np.hypot(TESS[:, 1], found.errors[nearest])


def test_transits_that_were_observed_later_came_when_they_were_predicted() -> None:
    sigma = _deviations(DECAYING)
    assert np.mean(sigma**2) == pytest.approx(1.0, abs=0.4) and np.abs(sigma).max() < 3.0


def test_without_the_decay_they_came_early() -> None:
    steady = RecurringEvent(1.091420107, 2456305.455809, 2.9 / 24, 0.0, 4.2e-8, 3.2e-5)
    assert _deviations(steady).mean() < -3.0


@pytest.mark.parametrize(
    ("mjd", "place", "bjd"),
    [
        # What the authors' calculator gives for the centre of the Earth (astroutils.astronomy.osu.edu/time/utc2bjd.html).
        (55409.4375, (180.0, -20.0), 2455409.935445962),
        (56784.5, (50.0, 50.0), 2456784.995914159),
    ],
)
def test_times_in_utc_are_those_of_the_calculator_of_eastman(
    mjd: float, place: tuple[float, float], bjd: float
) -> None:
    found = occurrences(RecurringEvent(1000.0, bjd, 0.1), np.asarray(erfa.s2c(*np.radians(place))), (mjd - 1, mjd + 1))
    # A Julian date in one number is good to 0.04 ms.
    assert found.windows.mean() == pytest.approx(86400.0, abs=1e-3)
    assert found.middles == pytest.approx([bjd], abs=1e-9) and found.cycles.tolist() == [0]


@settings(max_examples=20, deadline=None)
@given(period=st.floats(0.2, 400), part=st.floats(0.01, 0.2), start=st.floats(58000, 61500))
def test_events_are_those_of_astroplan(period: float, part: float, start: float) -> None:
    # Astroplan knows no light travel time: its times are compared at the barycentre.
    event = RecurringEvent(period, 2456176.66826, part * period)
    found = occurrences(event, WASP_12, (start, start + 3 * period))
    eclipsing = EclipsingSystem(Time(event.epoch, format="jd", scale="tdb"), period * u.d, duration=part * period * u.d)
    after = Time(found.middles[0] - 0.1 * period, format="jd", scale="tdb")
    expected = eclipsing.next_primary_eclipse_time(after, n_eclipses=len(found.middles))
    assert found.middles == pytest.approx(np.atleast_1d(expected.jd), abs=1e-6)
    contacts = eclipsing.next_primary_ingress_egress_time(after, n_eclipses=1)
    length = (contacts[0, 1] - contacts[0, 0]).to_value("s")
    # The Earth moves while the event lasts.
    assert np.diff(found.windows[0])[0] == pytest.approx(length, rel=2e-4)
    second = occurrences(RecurringEvent(period, event.epoch, part * period, 0.5), WASP_12, (start, start + 3 * period))
    expected = eclipsing.next_secondary_eclipse_time(Time(second.middles[0] - 0.1 * period, format="jd", scale="tdb"))
    assert second.middles[0] == pytest.approx(expected.jd, abs=1e-6)


def test_errors_grow_with_the_cycles_and_are_unknown_where_one_of_them_is() -> None:
    event = RecurringEvent(2.0, 2456000.0, 0.1, period_error=1e-5, epoch_error=3e-3)
    assert event.errors(np.array([0.0, 400.0])) == pytest.approx([3e-3, 5e-3])
    assert np.isnan(RecurringEvent(2.0, 2456000.0, 0.1, period_error=1e-5).errors(np.array([1.0]))).all()


@settings(max_examples=30, deadline=None)
@given(bjd=st.floats(2456000, 2462000), change=st.floats(-1e4, 1e4), phase=st.floats(0, 1))
def test_a_steady_period_nearby_gives_the_same_events(bjd: float, change: float, phase: float) -> None:
    event = RecurringEvent(1.3, 2455000.0, 0.1, phase, period_change=change)
    near = event.near(bjd)
    if not change:
        assert near is event
        return
    assert abs(near.epoch - bjd) < 1.5
    turns = round((near.epoch - 2455000.0) / 1.3)
    cycles = np.arange(turns - 3, turns + 4)
    close = np.abs(event.middles(cycles)[:, None] - near.middles(np.arange(-8, 9))[None]).min(axis=1)
    assert close == pytest.approx(0.0, abs=40 * abs(event.change_per_cycle) + 1e-8)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((1.09, 6176.66826, 0.1), "no full Julian date"),
        ((1.09, 2456176.66826, 1.2), "does not fit"),
        ((0.0, 2456176.66826, 0.1), "makes no sense"),
        ((1.09, 2456176.66826, 0.0), "does not fit"),
    ],
)
def test_an_ephemeris_that_makes_no_sense_is_told(arguments: tuple[float, float, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        RecurringEvent(*arguments)


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.97, 1.0])
def test_phases_of_documents_are_between_minus_one_and_one(phase: float) -> None:
    told = RecurringEvent(2.0, 2456000.0, 0.5, phase).phases(30.0)
    assert -1 <= told.start < told.end <= 1 and told.margin == 30.0
    assert told.end - told.start == pytest.approx(0.25)
    assert (0.5 * (told.start + told.end) - phase) % 1.0 == pytest.approx(0.0, abs=1e-12) or phase == 1.0

from __future__ import annotations

from math import acos, degrees

import numpy as np
import pytest

from gnomon.tools.observing.scheduling.build import build_problem
from gnomon.tools.observing.visibility.tracks import SkyTracks

from . import nights

MODELS = {
    "great_circle": {"model": "great_circle", "rate": 0.5, "settle": 7},
    "altaz": {"model": "altaz", "rates": [1.2, 0.7], "settle": 5},
    "equatorial": {"model": "equatorial", "rates": [0.9, 0.6], "settle": 9},
}


def _problem(slew):
    changes = {key: {"slew": slew} for key in ("east", "west")}
    wishes = [nights.request(k) for k in ("a", "b", "zz", "q")]
    wishes[1]["target"] = {"name": "b", "ra": 20.0, "dec": 70.0}
    told, wished = nights.read(nights.telescopes_document(**changes), nights.requests_document(*wishes))
    sky = SkyTracks(told, wished)
    return build_problem(told, wished, sky), sky


@pytest.mark.parametrize("name", MODELS)
def test_gaps_are_those_of_apparent_directions(name):
    built, sky = _problem(MODELS[name])
    slew = built.telescopes.telescopes["west"].slew
    options = [next(o for o in job.options if o.telescope == 1) for job in built.problem.jobs]
    for a in options:
        for b in options:
            if a is b:
                continue
            for end, start in ((9000, 9100), (15000, 15060), (20000, 20200)):
                one = sky.direction(sky.target_index(built.problem.requests[a.job]), "lenghu", np.array([float(end)]))[
                    0
                ]
                two = sky.direction(
                    sky.target_index(built.problem.requests[b.job]), "lenghu", np.array([float(start)])
                )[0]
                if name == "great_circle":
                    need = degrees(acos(float(one @ two))) / slew.rates[0]
                elif name == "altaz":
                    turn = abs(np.arctan2(one[1], one[0]) - np.arctan2(two[1], two[0]))
                    turn = min(turn, 2 * np.pi - turn)
                    rise = abs(np.arcsin(one[2]) - np.arcsin(two[2]))
                    need = max(np.degrees(turn) / slew.rates[0], np.degrees(rise) / slew.rates[1])
                else:
                    ha, da = sky.hour_angle_declination(
                        sky.target_index(built.problem.requests[a.job]), "lenghu", np.array([float(end)])
                    )
                    hb, db = sky.hour_angle_declination(
                        sky.target_index(built.problem.requests[b.job]), "lenghu", np.array([float(start)])
                    )
                    need = max(abs(ha - hb)[0] / slew.rates[0], abs(da - db)[0] / slew.rates[1])
                gap = built.problem.machines[1].gap(a, end, b, start)
                assert need + slew.settle <= gap <= need + slew.settle + 3.5


def test_the_same_point_needs_what_changes_alone():
    twice = [nights.request("a"), nights.request("b")]
    twice[1]["target"] = twice[0]["target"] | {"name": "b"}
    twice[1]["visits"] = [twice[1]["visits"][0] | {"bands": ["g"]}]
    built = nights.build(nights.telescopes_document(), nights.requests_document(*twice))
    a, b = (job.options[0] for job in built.problem.jobs)
    gap = built.problem.machines[a.telescope].gap
    assert gap(a, 9000, a, 9600) == 0
    assert 15 <= gap(a, 9000, b, 9600) <= 16


def test_a_change_of_instrument_passes_while_the_telescope_turns():
    wishes = [nights.request("a"), nights.request("b")]
    wishes[1]["visits"] = [{"key": "s", "mode": "spectroscopy", "exposures": [[1, 600]]}]
    built = nights.build(nights.telescopes_document(), nights.requests_document(*wishes))
    a, b = built.problem.jobs[0].options[0], built.problem.jobs[1].options[0]
    gap = built.problem.machines[0].gap
    assert 300 <= gap(a, 9000, b, 9300) <= 301
    assert 200 <= gap(b, 9000, a, 9300) <= 201


def test_a_body_that_moves_is_followed():
    comet = nights.request("c")
    comet["target"] = {
        "name": "comet",
        "ephemeris": [["2026-11-22T11:00:00Z", 50.0, 30.0], ["2026-11-22T21:00:00Z", 56.0, 36.0]],
    }
    star = nights.request("s")
    star["target"] = {"name": "s", "ra": 50.0, "dec": 30.0}
    built = nights.build(nights.telescopes_document(), nights.requests_document(comet, star))
    one, two = (job.options[0] for job in built.problem.jobs)
    gap = built.problem.machines[0].gap
    assert gap(one, 1000, two, 1020) < gap(one, 25000, two, 25020)


def _apart(built, sky, one, end, two, start, rate):
    """Degrees of hour angle between two targets by the sky itself, over the rate."""
    ha, hb = (
        sky.hour_angle_declination(sky.target_index(r), "lenghu", np.array([float(t)]))[0][0]
        for r, t in ((one, end), (two, start))
    )
    return abs((ha + 180) % 360 - 180 - ((hb + 180) % 360 - 180)) / rate


def _equatorial(*targets):
    changes = {key: {"slew": {"model": "equatorial", "rates": [0.1, 5.0]}} for key in ("east", "west")}
    wishes = [nights.request(f"w{n}", target={"name": f"w{n}", **where}) for n, where in enumerate(targets)]
    told, wished = nights.read(nights.telescopes_document(**changes), nights.requests_document(*wishes))
    sky = SkyTracks(told, wished)
    built = build_problem(told, wished, sky)
    return built, sky, [next(o for o in job.options if o.telescope == 1) for job in built.problem.jobs]


def test_a_body_is_followed_from_the_first_row_of_its_ephemeris_on_and_turns_at_its_rows():
    # It is known from 32 s after a round time on, goes 2 degrees in a minute and back: what is between the rows is the rows' alone.
    rows = [["2026-11-22T13:40:32Z", 30.0, 35.0], ["2026-11-22T14:03:00Z", 30.0, 35.0]]
    rows += [
        ["2026-11-22T14:04:00Z", 32.0, 35.0],
        ["2026-11-22T14:05:00Z", 30.0, 35.0],
        ["2026-11-22T16:00:00Z", 30.0, 35.0],
    ]
    built, sky, (body, star) = _equatorial({"ephemeris": rows}, {"ra": 50.0, "dec": 35.0})
    gap = built.problem.machines[1].gap
    for end in (6040, 6600, 7440, 7470):
        start = end + 240
        need = _apart(built, sky, "w0", end, "w1", start, 0.1)
        assert need <= gap(body, end, star, start) <= need + 1.5


def test_beside_a_pole_aberration_turns_a_star_round_it():
    # A few arcseconds from the pole of the date what moves a star by arcseconds from day to day and with the turning site is degrees of hour angle.
    places = [{"ra": (359.5 + n * 90) % 360, "dec": 89.85} for n in range(2)]
    built, sky, (one, two) = _equatorial(*places)
    gap = built.problem.machines[1].gap
    for end in (3000, 12000, 27000):
        need = _apart(built, sky, "w0", end, "w1", end + 60, 0.1)
        assert need <= gap(one, end, two, end + 60) <= need + 1.5

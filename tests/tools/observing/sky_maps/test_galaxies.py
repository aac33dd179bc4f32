"""Ranking galaxies inside of a map: by place, distance and luminosity, and what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.cosmology import Planck18
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.observing.documents.tables import document_of
from gnomon.tools.observing.sky_maps.galaxies import absolute_magnitudes, distances_of
from gnomon.tools.observing.sky_maps.rank_galaxies import rank_galaxies
from gnomon.tools.observing.sky_maps.request_galaxies import request_galaxies


@pytest.fixture(scope="module")
def near(blob):
    return blob(10.0, 20.0, 5.0, order=7, distance=(100.0, 20.0))


def galaxies(**columns):
    rows = {"name": ["hit", "off", "far", "faint"], "ra": [10.0, 20.0, 10.0, 10.3] * u.deg, "dec": [20.0, 20.0, 20.3, 20.0] * u.deg, "distance": [100.0, 100.0, 160.0, 100.0] * u.Mpc, "BMAG": [-20.0, -20.0, -20.0, -18.0] * u.mag}  # fmt: skip
    return QTable(rows | columns)


def test_place_distance_and_luminosity_count(near):
    ranked = rank_galaxies(near, galaxies())
    score = dict(zip(ranked["name"], ranked["score"], strict=True))
    assert sum(score.values()) == pytest.approx(1.0)
    # 160 Mpc is three standard deviations off; 9.4 degrees away is 1.9 widths; two magnitudes are a factor of 6.3.
    assert score["far"] / score["hit"] == pytest.approx(np.exp(-4.5), rel=0.05)
    assert score["faint"] / score["hit"] == pytest.approx(10**-0.8, rel=0.02)
    off = np.radians(9.395)
    assert score["off"] / score["hit"] == pytest.approx(np.exp((np.cos(off) - 1) / np.radians(5) ** 2), rel=0.1)
    assert list(ranked["name"][:2]) == ["hit", "off"]
    assert ranked["cumulative"][-1] == pytest.approx(1.0)
    known = dict(zip(ranked["name"], ranked["compatible"], strict=True))
    assert known["far"] == pytest.approx(0.0027, abs=2e-4) and known["hit"] > 0.9
    alike = rank_galaxies(near, galaxies(), weight="none")
    score = dict(zip(alike["name"], alike["score"], strict=True))
    assert score["faint"] == pytest.approx(score["hit"], rel=0.02)
    kind = KINDS["Ranking"]
    assert kind.codec.check(ranked, kind) is None


def test_errors_of_distances_blur(near):
    table = galaxies(e_dist=[0.0, 0.0, 80.0, 0.0] * u.Mpc)
    score = dict(zip(*(rank_galaxies(near, table, weight="none")[c] for c in ("name", "score")), strict=True))
    wide = np.hypot(20, 80)
    assert score["far"] / score["hit"] == pytest.approx(np.exp(-0.5 * (60 / wide) ** 2) * 20 / wide, rel=0.02)


def test_redshifts_become_distances():
    z = np.array([0.01, 0.1, -0.001, np.nan])
    distance, error, column = distances_of(QTable({"z": z}), 150.0)
    assert column == "z"
    assert distance[:2] == pytest.approx(Planck18.luminosity_distance(z[:2]).value, rel=1e-4)
    assert np.isnan(distance[2:]).all() and np.isnan(error[2:]).all()
    assert error[0] == pytest.approx(150 * 1.01 / Planck18.H0.value)
    kpc, _, _ = distances_of(QTable({"Dist": [5000.0] * u.kpc}), 0.0)
    assert kpc[0] == pytest.approx(5.0)
    with pytest.raises(InputError, match="neither distances nor redshifts"):
        distances_of(QTable({"name": ["x"]}), 0.0)


def test_apparent_and_absolute_magnitudes():
    far = np.array([100.0])
    assert absolute_magnitudes(QTable({"Bmag": [15.0]}), far)[0][0] == pytest.approx(-20.0)
    assert absolute_magnitudes(QTable({"BMAG": [-19.0], "Bmag": [15.0]}), far)[0][0] == -19.0
    assert absolute_magnitudes(QTable({"Vmag": [15.0]}), far) is None


def test_what_is_missing_is_left_out_and_told(near):
    table = galaxies(BMAG=np.array([-20.0, np.nan, -20.0, -18.0]) * u.mag, distance=np.array([100.0, 100, 100, np.nan]) * u.Mpc)  # fmt: skip
    with pytest.warns(UserWarning, match="1 galaxies without a (distance|luminosity)"):
        ranked = rank_galaxies(near, table)
    assert set(ranked["name"]) == {"hit", "far"}
    with pytest.raises(InputError, match="magnitudes in B"):
        rank_galaxies(near, galaxies()["name", "ra", "dec", "distance"])
    with pytest.raises(InputError, match="neither distances"):
        rank_galaxies(near, galaxies()["name", "ra", "dec"], weight="none")
    with pytest.raises(InputError, match="no positions"):
        rank_galaxies(near, galaxies()["name", "distance"], weight="none")
    with pytest.raises(EmptyResult, match="None of the galaxies"):
        rank_galaxies(near, galaxies(distance=[9e4] * 4 * u.Mpc))


def test_a_map_without_distances_ranks_by_place(blob):
    with pytest.warns(UserWarning, match="position alone"):
        ranked = rank_galaxies(blob(10.0, 20.0, 5.0), galaxies()["name", "ra", "dec"], weight="none", rows=3)
    assert len(ranked) == 3 and "off" not in ranked["name"][:2]
    assert ranked["cumulative"][-1] < 1.0


def test_requests_follow_the_ranking(near):
    ranked = rank_galaxies(near, galaxies(name=["NGC 1", "NGC 1", "星系", "b"]))
    table = request_galaxies(ranked, "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z", number=3, level=0.8, bands=["r"])
    document = document_of(table)
    assert len(document["requests"]) == 2  # of which the first two have more than 80 %
    assert len({r["key"] for r in document["requests"]}) == 2
    assert document["requests"][0]["priority"] == pytest.approx(1000 * ranked["score"][0])
    everything = request_galaxies(ranked, "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z", level=1.0)
    assert len(everything) == 4
    with pytest.raises(InputError, match="no positions"):
        request_galaxies(ranked["name", "score", "in_domain"], "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z")

"""Sites and telescopes: as data that loads at once, and that agree with what is known of them."""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gnomon.knowledge import observatories
from gnomon.knowledge.observatories import find_site, find_telescope, site, sites, telescope, telescopes
from gnomon.tools.errors import UsageError


def distance(longitude: float, latitude: float, key: str) -> float:
    """From a position to a site [km], on a sphere."""
    there = site(key)
    a, b = math.radians(latitude), math.radians(there.latitude)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(math.radians(longitude - there.longitude))
    return 6371 * math.acos(min(1.0, cosine))


def test_rows_are_whole() -> None:
    assert len(sites()) >= 35 and len(telescopes()) >= 90
    for rows in (sites(), telescopes()):
        assert len({r.key for r in rows}) == len(rows)
        for row in rows:
            assert re.fullmatch(r"[a-z0-9_]+", row.key)
            assert row.en and row.source
            assert re.search(r"[\u4e00-\u9fff]", row.zh)
            assert row.checked or "memory" in row.source
            assert row.name("en") == row.en and row.name("zh") == row.zh


def test_sites_lie_on_earth_in_their_time_zones() -> None:
    for row in sites():
        assert -180 <= row.longitude <= 180 and -90 <= row.latitude <= 90 and 0 <= row.height < 5500
        winter = datetime(2026, 1, 15, tzinfo=row.zone).utcoffset()
        summer = datetime(2026, 7, 15, tzinfo=row.zone).utcoffset()
        assert winter is not None and summer is not None
        # One zone for all of China puts the Pamirs three hours off the Sun; nowhere else is it two.
        off = abs(min(winter, summer) - timedelta(hours=row.longitude / 15))
        assert off < timedelta(hours=3.1 if row.zone_name == "Asia/Shanghai" else 1.6)


def test_telescopes_stand_at_sites() -> None:
    for row in telescopes():
        if row.kind == "space":
            assert row.site == ""
            continue
        assert site(row.site).key == row.site
        assert 0.3 <= row.aperture <= 500
    assert {t.key for t in telescopes("la_palma")} >= {"not", "gtc", "wht", "int", "lt", "tng", "mercator"}


def test_a_name_means_one_place() -> None:
    for rows in (sites(), telescopes()):
        names = Counter(n.casefold() for r in rows for n in {*r.names, *r.guarded})
        assert [n for n, count in names.items() if count > 1] == []


# Positions from elsewhere than the file has them, and how far the domes may be from one another [km].
@pytest.mark.parametrize(
    ("key", "longitude", "latitude", "within"),
    [
        # astropy-data sites.json, entries BAO, lapalma, paranal, kpno, lick, CAHA, ohp, teide, iao, ekar, sso, ctio
        ("xinglong", 117.575, 40.3933, 1),
        ("la_palma", -17.88, 28.7583, 1),
        ("paranal", -70.40499, -24.62744, 1),
        ("kitt_peak", -111.6, 31.9633, 1),
        ("lick", -121.6367, 37.3433, 1),
        ("calar_alto", -2.54611, 37.22361, 1),
        ("haute_provence", 5.71333, 43.93083, 1),
        ("teide", -16.50972, 28.3, 1),
        ("hanle", 78.96417, 32.77944, 1),
        ("asiago", 11.58113, 45.84859, 2),
        ("siding_spring", 149.06119, -31.27336, 1),
        ("cerro_tololo", -70.815, -30.16528, 2),
        # Minor Planet Center, codes O17 (another dome on the mountain), B31, D37, 268
        ("lenghu", 93.88669, 38.5888, 3),
        ("sutherland", 20.8108, -32.3756, 1),
        ("lulin", 120.87325, 23.4688, 1),
        ("las_campanas", -70.69197, -29.0143, 1),
    ],
)
def test_positions_agree_with_other_sources(key: str, longitude: float, latitude: float, within: float) -> None:
    assert distance(longitude, latitude, key) < within


def test_names_find_their_rows() -> None:
    for row in sites():
        assert find_site(row.key) is row and find_site(row.zh) is row
        assert all(find_site(n) is row for n in row.names)
    for one in telescopes():
        assert find_telescope(one.key) is one and all(find_telescope(n) is one for n in one.names)
    for name in ("la palma", "La-Palma", "LAPALMA", "Roque de los Muchachos"):
        assert find_site(name) is site("la_palma")
    assert find_telescope("ZTF") is telescope("p48")
    assert find_site("nowhere") is None and find_telescope("nothing") is None


def test_unknown_key_says_what_is_like_it() -> None:
    with pytest.raises(UsageError, match="xinglong"):
        site("xinlong")
    with pytest.raises(UsageError, match="Did you mean"):
        telescope("")


def test_planned_ones_are_marked() -> None:
    assert telescope("just").planned and telescope("just").site == "lenghu"
    assert not telescope("wfst").planned


def test_loading_is_cheap() -> None:
    observatories._load.cache_clear()
    begin = time.perf_counter()
    sites()
    assert time.perf_counter() - begin < 0.02


def test_file_is_yaml_too() -> None:
    from ruamel.yaml import YAML

    path = Path(observatories.__file__).with_name("observatories.yaml")
    rows = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    assert [r["key"] for r in rows] == [*(s.key for s in sites()), *(t.key for t in telescopes())]
    read = [*(s.aliases_zh for s in sites()), *(t.aliases_zh for t in telescopes())]
    assert [tuple(r["aliases_zh"]) for r in rows] == read

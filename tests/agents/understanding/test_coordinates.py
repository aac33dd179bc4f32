"""Coordinates: read as astropy reads them, where the words say that they are a place, and left alone everywhere else."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from astropy import units as u
from astropy.coordinates import FK4, FK5, SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.agents.understanding.coordinates import find_coordinates, half_width
from gnomon.agents.understanding.objects import find_objects
from gnomon.agents.understanding.slot import Slot, Unread

HMS = SkyCoord("10h08m22.31s", "+11d58m02.0s")
SOUTH = SkyCoord("10h08m22.3s", "-11d58m02s")
GW = SkyCoord(197.45 * u.deg, -23.38 * u.deg)
DEG = SkyCoord(152.093 * u.deg, 11.967 * u.deg)
ORION = SkyCoord("05h35m17.3s", "-05d23m28s")
B1950 = SkyCoord("12h26m33.2s", "+02d19m43s", frame=FK4(equinox="B1950"))
GALACTIC = SkyCoord(120.5 * u.deg, -5.2 * u.deg, frame="galactic")
ECLIPTIC = SkyCoord(120.5 * u.deg, -5.2 * u.deg, frame="barycentricmeanecliptic")

IN_DEGREES = "Read as right ascension and declination in degrees, ICRS."
IN_HOURS = "Read as right ascension and declination in hours and degrees, ICRS."
J2000 = "Equinox J2000.0 taken as ICRS."
FROM_B1950 = "B1950 (FK4) converted to ICRS."
FROM_GALACTIC = "Galactic l = 120.5°, b = -5.2° converted to ICRS."
FROM_ECLIPTIC = "Ecliptic longitude 120.5°, latitude -5.2° (mean ecliptic of J2000.0) converted to ICRS."


def only(question: str) -> Slot:
    slots = find_coordinates(question)
    assert len(slots) == 1, question
    slot = slots[0]
    assert slot.type == "coordinates"
    assert slot.text == question[slot.start : slot.end]
    json.dumps(slot.value)
    return slot


def separation(value: dict[str, Any], place: SkyCoord) -> float:
    """Between a value and a place [arcsec]."""
    return float(SkyCoord(value["ra"] * u.deg, value["dec"] * u.deg).separation(place.icrs).arcsec)


@pytest.mark.parametrize(
    ("question", "text", "place", "note"),
    [
        # sexagesimal, with signs, letters, spaces
        ("target 10:08:22.31 +11:58:02.0 please", "10:08:22.31 +11:58:02.0", HMS, IN_HOURS),
        ("10:08:22.31+11:58:02.0", "10:08:22.31+11:58:02.0", HMS, IN_HOURS),
        ("10h08m22.31s +11d58m02s", "10h08m22.31s +11d58m02s", HMS, IN_HOURS),
        ("10h08m22.31s 11d58m02s", "10h08m22.31s 11d58m02s", HMS, IN_HOURS),
        ("at 10h 08m 22.3s, −11° 58′ 02″.", "10h 08m 22.3s, −11° 58′ 02″", SOUTH, IN_HOURS),
        ("10h 08m 22.3s, −11° 58' 02''", "10h 08m 22.3s, −11° 58' 02''", SOUTH, IN_HOURS),
        ("10ʰ08ᵐ22ˢ.31 +11°58′02″.0", "10ʰ08ᵐ22ˢ.31 +11°58′02″.0", HMS, IN_HOURS),
        ("observe 10 08 22.31 +11 58 02.0", "10 08 22.31 +11 58 02.0", HMS, IN_HOURS),
        ("position 05 35 17.3 -05 23 28", "05 35 17.3 -05 23 28", ORION, IN_HOURS),
        # with labels
        ("RA 152.093 Dec +11.967", "RA 152.093 Dec +11.967", DEG, IN_DEGREES),
        ("RA=152.093, Dec=11.967", "RA=152.093, Dec=11.967", DEG, IN_DEGREES),
        ("RA: 152.093° DEC: 11.967°", "RA: 152.093° DEC: 11.967°", DEG, IN_DEGREES),
        ("RA 152.093 deg and Dec 11.967 deg", "RA 152.093 deg and Dec 11.967 deg", DEG, IN_DEGREES),
        ("Dec=+11.967, RA=152.093", "Dec=+11.967, RA=152.093", DEG, IN_DEGREES),
        ("ra=152.093&dec=11.967", "ra=152.093&dec=11.967", DEG, IN_DEGREES),
        ("RAJ2000=152.093 DEJ2000=11.967", "RAJ2000=152.093 DEJ2000=11.967", DEG, J2000),
        ("ra: 10 08 22.31 dec: +11 58 02.0", "ra: 10 08 22.31 dec: +11 58 02.0", HMS, IN_HOURS),
        ("right ascension 152.093, declination 11.967", None, DEG, IN_DEGREES),
        ("(RA, Dec) = (197.45, -23.38)", None, GW, IN_DEGREES),
        ("RA/Dec = 197.45 -23.38", None, GW, IN_DEGREES),
        ("RA = 10.1395333h, Dec = 11.967", None, DEG, IN_HOURS),
        ("RA 10h08m22.31s, +11d58m02s", None, HMS, IN_HOURS),
        ("α = 10h08m22.31s, δ = +11°58′02″", None, HMS, IN_HOURS),
        ("α=152.093°, δ=+11.967°", None, DEG, IN_DEGREES),
        ("RA 152.093 Dec 11.967 30 s exposure", "RA 152.093 Dec 11.967", DEG, IN_DEGREES),
        ("RA 10 08.37183 Dec +11 58.03333", None, HMS, IN_HOURS),
        # bare degrees, where something says so
        ("197.45d -23.38d", "197.45d -23.38d", GW, IN_DEGREES),
        ("197.45° -23.38°", "197.45° -23.38°", GW, IN_DEGREES),
        ("What is at 197.45 −23.38?", "197.45 −23.38", GW, IN_DEGREES),
        ("GRB 170817A (197.45, -23.38)", "(197.45, -23.38)", GW, IN_DEGREES),
        ("a cone around 197.45 -23.38 within 5 arcmin", "197.45 -23.38", GW, IN_DEGREES),
        ("a cone at 197.45 -23.38 5 arcmin", "197.45 -23.38", GW, IN_DEGREES),
        ("centred at (197.45, -23.38)", "(197.45, -23.38)", GW, IN_DEGREES),
        ("the coordinates are 152.093, 11.967", "152.093, 11.967", DEG, IN_DEGREES),
        ("the position of SN 2011fe: 152.093 11.967", "152.093 11.967", DEG, IN_DEGREES),
        # frames
        ("J2000 10 08 22.31 +11 58 02", "J2000 10 08 22.31 +11 58 02", HMS, J2000),
        ("10:08:22.31 +11:58:02.0 (J2000)", "10:08:22.31 +11:58:02.0 (J2000)", HMS, J2000),
        ("05:35:17.3 -05:23:28, J2000.0", "05:35:17.3 -05:23:28, J2000.0", ORION, J2000),
        ("05:35:17.3 -05:23:28 (2000.0)", "05:35:17.3 -05:23:28 (2000.0)", ORION, J2000),
        ("equinox 2000 05:35:17.3 -05:23:28", "equinox 2000 05:35:17.3 -05:23:28", ORION, J2000),
        ("RA/Dec (J2000) = 10:08:22.31, +11:58:02.0", None, HMS, J2000),
        ("RA (J2000) 10:08:22.31 Dec (J2000) +11:58:02.0", None, HMS, J2000),
        ("B1950 12 26 33.2 +02 19 43", "B1950 12 26 33.2 +02 19 43", B1950, FROM_B1950),
        ("12:26:33.2 +02:19:43 FK4", "12:26:33.2 +02:19:43 FK4", B1950, FROM_B1950),
        ("FK5 12:26:33.2 +02:19:43", None, SkyCoord("12h26m33.2s", "+02d19m43s", frame=FK5()), None),
        ("ICRS 10h08m22.31s +11d58m02.0s", "ICRS 10h08m22.31s +11d58m02.0s", HMS, ""),
        ("152.093 11.967 ICRS", "152.093 11.967 ICRS", DEG, IN_DEGREES),
        ("152.093 deg, 11.967 deg (ICRS)", "152.093 deg, 11.967 deg (ICRS)", DEG, ""),
        # other systems
        ("l=120.5 b=-5.2", "l=120.5 b=-5.2", GALACTIC, FROM_GALACTIC),
        ("l = 120.5°, b = -5.2°", "l = 120.5°, b = -5.2°", GALACTIC, FROM_GALACTIC),
        ("galactic 120.5 -5.2", "galactic 120.5 -5.2", GALACTIC, FROM_GALACTIC),
        ("Galactic coordinates (l, b) = (120.5, -5.2)", None, GALACTIC, FROM_GALACTIC),
        ("(120.5, -5.2) in galactic coordinates", None, GALACTIC, FROM_GALACTIC),
        ("galactic longitude 120.5 and latitude -5.2", None, GALACTIC, FROM_GALACTIC),
        ("ecliptic coordinates 120.5 -5.2", None, ECLIPTIC, FROM_ECLIPTIC),
        ("λ = 120.5°, β = -5.2°", None, ECLIPTIC, FROM_ECLIPTIC),
        ("ecliptic lambda=120.5, beta=-5.2", None, ECLIPTIC, FROM_ECLIPTIC),
        # in Chinese
        ("赤经 10时08分22.31秒 赤纬 +11度58分02秒", None, HMS, IN_HOURS),
        ("赤经10时08分22.31秒，赤纬+11度58分02秒", None, HMS, IN_HOURS),
        ("赤经152.093 赤纬11.967", None, DEG, IN_DEGREES),
        ("赤经为152.093度，赤纬为11.967度", None, DEG, IN_DEGREES),
        ("赤经、赤纬：152.093, 11.967", None, DEG, IN_DEGREES),
        ("赤经：10：08：22.31，赤纬：＋11：58：02", None, HMS, IN_HOURS),
        ("坐标 197.45 −23.38", "197.45 −23.38", GW, IN_DEGREES),
        ("坐标为（１９７.４５，－２３.３８）的源", "（１９７.４５，－２３.３８）", GW, IN_DEGREES),
        ("对 10:08:22.31 +11:58:02 做测光", "10:08:22.31 +11:58:02", HMS, IN_HOURS),
        ("银经 120.5 度 银纬 −5.2 度", None, GALACTIC, FROM_GALACTIC),
        ("银道坐标 120.5 -5.2", None, GALACTIC, FROM_GALACTIC),
        ("黄经 120.5 度 黄纬 −5.2 度", None, ECLIPTIC, FROM_ECLIPTIC),
    ],
)
def test_a_place_is_read(question: str, text: str | None, place: SkyCoord, note: str | None) -> None:
    slot = only(question)
    assert separation(slot.value, place) < 0.01
    assert text is None or slot.text == text
    assert note is None or slot.note == note


NOTHING = """
1 10
periods 1.5 2.5
periods between 1 10
Dec +95 RA 10
RA 10:08:22 Dec +95:00:00
RA 152.093 Dec +91.5
25:08:22 +11:58:02
10:61:22 +11:58:02
10h08m72s +11d58m02s
RA 400 Dec 10
RA -10 Dec 10
RA 152.093
赤经 152.093
RA between 150 and 160
RA 10 Dec 2018
SDSS J100822.31+115802.0
PSR J0437-4715
BD+20 1790
from 10:08:22 to 11:58:02
between 10:08:22 - 11:58:02
between 12 30 45 and 13 20 10
observe from 20:10:00 -01:30
on 2018-07-25 10:08:22 +08:00:00
2018-07-25T10:08:22+08:00
从 20:10:00 到 22:30:00
period 1.5d -0.2d
1.5 d +0.3 d -0.2 d
1.25 +0.03 -0.02
mass 1.25 +0.03
mag 15.25 -0.35
at 12.35 -23.38 km/s
at 20.55 +0.32 mag
at pixel (100.55, 200.55)
at pixel (100.55, -20.55)
bounds (1.55, -2.35)
values at (1.5, 2.5)
the slope at 1.25 -2.35
at 1.25 -2.35 3.45
l=2, b=0.5
P = 3.5 d, b = 0.3
alpha = 0.05, delta = 0.1
α = 0.05, δ = 0.1
λ = 656.3, β = 0.5
lambda = 5.5, beta = -1.2
the site at 117.5750, +40.3933
longitude 117.575 latitude 40.393
Az, El = 17 39 40.4 +37 54 41
2458000.5 -23.38
a = 10 20 30 40 50 60
vol. 42(2000): 17-25
RA=270.5 Dec=30.5 (B1900)
equinox J1975 10:08:22 +11:58:02
10:08:22 +11:58:02 (apparent)
周期 1.5 到 2.5 天
坐标系
coordinates (150, 2)
第 1 10 列
RA 152.093\0Dec 11.967
10:08:22.31\0+11:58:02.0
"""


@pytest.mark.parametrize("question", NOTHING.strip().splitlines())
def test_what_is_no_place_is_left_alone(question: str) -> None:
    assert find_coordinates(question.replace("\\0", "\0")) == []


def test_several_places() -> None:
    question = "Compare 10:08:22.31 +11:58:02.0 with 05:35:17.3 -05:23:28 (J2000) and l=120.5 b=-5.2."
    slots = find_coordinates(question)
    assert [separation(s.value, p) < 0.01 for s, p in zip(slots, (HMS, ORION, GALACTIC), strict=True)] == [True] * 3
    assert all(slot.text == question[slot.start : slot.end] for slot in slots)


def test_a_name_with_a_position_in_it_stays_a_name() -> None:
    unread = Unread("Is SDSS J100822.31+115802.0 at RA 10:08:22.31 Dec +11:58:02.0?")
    places = unread.take(find_coordinates(unread.text))
    names = unread.take(find_objects(unread.text))
    assert [slot.text for slot in places] == ["RA 10:08:22.31 Dec +11:58:02.0"]
    assert [slot.text for slot in names] == ["SDSS J100822.31+115802.0"]


def test_values_are_rounded_and_in_range() -> None:
    assert only("RA 23h59m59.9999999s Dec -00d00m00.0s").value == {"ra": 0.0, "dec": 0.0}
    assert math.copysign(1, only("RA 10 Dec -0.0").value["dec"]) == 1.0
    assert only("RA 0 Dec -90").value == {"ra": 0.0, "dec": -90.0}


def test_half_width_keeps_places() -> None:
    text = "赤经：１０ʰ０８ᵐ，－２３°５８′０２″　（Ｊ２０００）"
    assert len(half_width(text)) == len(text)
    assert half_width(text) == "赤经:10h08m,-23°58'02\" (J2000)"


def forms(place: SkyCoord) -> list[tuple[str, float]]:
    """A place as astropy writes it, and how far from it the last digit may lead [arcsec]."""
    ra, dec = place.ra.deg, place.dec.deg
    return [
        (place.to_string("hmsdms", precision=3), 0.02),
        (place.to_string("hmsdms", precision=2, sep=":"), 0.2),
        ("position " + place.to_string("hmsdms", precision=1, sep=" ", pad=True), 2.0),
        ("J2000 " + place.to_string("hmsdms", precision=2, sep=" "), 0.2),
        (
            f"RA {place.ra.to_string(u.hour, precision=2, sep=':')} Dec {place.dec.to_string(precision=1, sep=':', alwayssign=True)}",
            0.2,
        ),
        (
            f"赤经{place.ra.to_string(u.hour, precision=2, pad=True)}，赤纬{place.dec.to_string(precision=1, alwayssign=True)}",
            0.2,
        ),
        (f"{place.ra.to_string(u.hour, precision=2)} {place.dec.to_string(precision=2, alwayssign=True)}", 0.2),
        (f"RA={ra:.6f}, Dec={dec:.6f}", 0.02),
        (f"ra {ra:.5f} dec {dec:+.5f}", 0.1),
        (f"at ({ra:.4f}, {dec:+.4f})", 1.0),
        (f"坐标 {ra:.4f} {dec:+.4f}".replace("-", "−"), 1.0),
        (f"{ra:.5f}d {dec:+.5f}d", 0.1),
        (f"l={place.galactic.l.deg:.6f}°, b={place.galactic.b.deg:.6f}°", 0.02),
        (f"银经 {place.galactic.l.deg:.6f} 度，银纬 {place.galactic.b.deg:.6f} 度", 0.02),
        (f"B1950 {place.transform_to(FK4(equinox='B1950')).to_string('hmsdms', precision=3)}", 0.02),
        (f"ecliptic {place.barycentricmeanecliptic.lon.deg:.6f} {place.barycentricmeanecliptic.lat.deg:+.6f}", 0.02),
    ]


@settings(deadline=None, max_examples=60)
@given(
    st.floats(0, 359.999),
    st.floats(-89.9, 89.9),
    st.sampled_from([("", ""), ("Point the telescope to ", " for 300 s."), ("请指向 ", "，曝光 300 秒。"), ("(", ")")]),
)
def test_whatever_astropy_writes_is_read_back(ra: float, dec: float, sentence: tuple[str, str]) -> None:
    place = SkyCoord(ra * u.deg, dec * u.deg)
    for said, tolerance in forms(place):
        question = sentence[0] + said + sentence[1]
        assert separation(only(question).value, place) < tolerance, question


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="0123456789:.+-−hmsd°′″ RADeclb=,()J20赤经纬\0", max_size=50))
def test_places_are_those_of_the_text(text: str) -> None:
    last = 0
    for slot in find_coordinates(text):
        assert slot.text == text[slot.start : slot.end] and "\0" not in slot.text
        assert last <= slot.start < slot.end
        assert 0 <= slot.value["ra"] < 360 and -90 <= slot.value["dec"] <= 90
        last = slot.end


@pytest.mark.parametrize(
    "question",
    [
        "sources around 150.5 +1.5 within 2 arcmin",
        "取出 150.5 +1.5 周围 2 角分的源",
        "Gaia sources within 10 arcmin of 150.5 +1.5",
        "Image of 150.5 +1.5, 5 arcmin",
        "150.5 +1.5 的图像",
        "150.5, +1.5 附近",
    ],
)
def test_degrees_that_nothing_labels_are_a_place_where_a_region_is_spoken_of(question: str) -> None:
    (found,) = find_coordinates(question)

    assert found.value == {"ra": 150.5, "dec": 1.5}


@pytest.mark.parametrize(
    "question", ["a peak near 12.5 +0.3 d", "the period is near 12.5 +0.3/-0.2 d", "an amplitude of 15.2 +0.4"]
)
def test_a_number_with_its_error_is_no_place(question: str) -> None:
    assert not find_coordinates(question)


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("Observe either 83.63 +22.01 or 150.10 +2.20 tonight", 2),
        ("今晚观测 83.63 +22.01 和 150.10 +2.20，选一个", 2),
        ("今晚在两个台址各观测一次 83.63 +22.01，r 波段", 1),
        ("在近星点附近（相位 0.97 到 0.03）拍 83.63 +22.01 的光谱", 1),
        ("观测 150.10 +2.20：先成像再拍光谱", 1),
        ("the transit of 83.63 +22.01 from Xinglong", 1),
        ("a depth of 23.40 +1.20 and a width of 150.10 +2.20 in the fit", 0),
    ],
)
def test_bare_places_of_what_is_observed_are_read_one_after_another(question: str, count: int) -> None:
    assert len(find_coordinates(question)) == count

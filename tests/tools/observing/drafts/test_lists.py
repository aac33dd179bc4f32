"""What an observer reads: tables, text, the page for the night, and rows of ivoa.obsplan."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
from astropy.time import Time
from astropy.utils import iers
from matplotlib import font_manager

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document
from gnomon.tools.observing.drafts import night_sheets, sheet_fonts
from gnomon.tools.observing.drafts.drafting import draft
from gnomon.tools.observing.drafts.schemas.obsloctap import COLUMNS


def _rows(form: str, key: str, *documents: Any) -> list[dict[str, str]]:
    made = next(d for d in draft(form, *documents) if d.telescope == key)
    return list(csv.DictReader(io.StringIO(made.text, newline="")))


def test_numbers_agree_with_astropy(telescopes: Any, requests: Any, schedule: Any) -> None:
    for key, stays in (("xinglong_216", 3), ("palma_1", 2)):
        site = telescopes.sites[telescopes.telescopes[key].site]
        place = EarthLocation.from_geodetic(site.longitude, site.latitude, site.height)
        rows = [r for r in _rows("csv", key, telescopes, requests, schedule) if r["role"] == "planned"]
        assert len(rows) == stays
        for row in rows:
            start, end = Time(row["start_utc"].rstrip("Z")), Time(row["end_utc"].rstrip("Z"))
            middle = start + (end - start) / 2
            with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
                frames = [AltAz(obstime=t, location=place) for t in (start, middle, end)]
                star = SkyCoord(float(row["ra_deg"]) * u.deg, float(row["dec_deg"]) * u.deg)
                seen = [star.transform_to(f) for f in frames]
                moons = [
                    get_body("moon", t, place).transform_to(f)
                    for t, f in zip((start, middle, end), frames, strict=True)
                ]
            airmass = [1 / np.sin(s.alt.rad) for s in seen]
            told = [float(row[f"airmass_{w}"]) for w in ("start", "middle", "end")]
            # A body that moves is told where it is at the start.
            assert told == pytest.approx(airmass, abs=2e-3)
            assert float(row["altitude"]) == pytest.approx(seen[1].alt.deg, abs=0.1)
            assert float(row["azimuth"]) == pytest.approx(seen[1].az.deg, abs=0.1)
            near = min(m.separation(s).deg for m, s in zip(moons, seen, strict=True))
            assert float(row["moon_separation"]) == pytest.approx(near, abs=0.2)


def test_what_an_observer_reads(telescopes: Any, requests: Any, schedule: Any) -> None:
    first, second, third, backup = _rows("csv", "xinglong_216", telescopes, requests, schedule)
    assert first["exposures"] == "V 3x60, R 2x120" and first["start_local"] == "2026-11-22 21:00:00"
    assert (first["turning_s"], first["free_s"]) == ("0", "")
    # The same point: nothing turns, but BFOSC goes from R to G4 in 20 s, and 70 s are there.
    assert (second["turning_s"], second["free_s"]) == ("20", "70")
    assert "spectrum starts 0 s to 7200 s after the end of imaging" in second["note"]
    # 31.9 degrees at 1 deg/s and 20 s to settle.
    assert float(third["turning_s"]) == pytest.approx(52, abs=1)
    assert (backup["role"], backup["target"], backup["note"]) == ("backup", "NGC 1068", "the time went to grb")
    assert backup["start_utc"] < backup["end_utc"] and backup["duration_s"] == "390"


def test_names_from_outside_are_no_formulas(telescopes: Any, requests: Any, schedule: Any) -> None:
    made = next(d for d in draft("csv", telescopes, requests, schedule) if d.telescope == "xinglong_216")
    rows = list(csv.reader(io.StringIO(made.text, newline="")))
    assert {len(r) for r in rows} == {35}
    name = rows[3][rows[0].index("target")]
    assert name == '\'=HYPERLINK("http://x") BEGIN:VEVENT, <b>&; 变星'
    text = next(d for d in draft("text", telescopes, requests, schedule) if d.telescope == "xinglong_216").text
    assert "\u202e" not in text and "\x07" not in text and "\r" not in text


def test_what_the_schedule_says_of_turning_is_told(telescopes: Any, requests: Any, planned: Any) -> None:
    told = copy.deepcopy(planned)
    told["visits"][2]["slew"] = 77
    row = _rows("csv", "xinglong_216", telescopes, requests, read_schedule_document(told))[2]
    assert row["turning_s"] == "77"


def test_an_unknown_time_zone_is_refused(telescopes: Any, requests: Any, planned: Any) -> None:
    from gnomon.tools.observing.documents.telescopes import read_telescopes_document

    document = copy.deepcopy(telescopes.document)
    document["sites"][0]["zone"] = "Asia/Nowhere"
    there = read_telescopes_document(document)
    with pytest.raises(InputError, match="no time zone"):
        draft("csv", there, requests, read_schedule_document(planned | {"telescopes": there.digest}))


def _pages(content: bytes) -> list[str]:
    return [p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(content)]


def test_a_page_for_the_night(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    made = next(d for d in draft("sheet", telescopes, requests, schedule, details) if d.telescope == "xinglong_216")
    (page,) = _pages(made.content)
    for words in (
        "Xinglong 2.16 m",
        "Night of 2026-11-22",
        "GRB 261122A",
        "V 3x60, R 2x120",
        "Li Wei",
        "NGC 1068",
        "DRAFT",
    ):
        assert words in page
    assert "21:00:00–21:11:50" in page and "13:00:00–13:11:50" in page


def test_without_a_chinese_font_the_sheet_says_so(
    telescopes: Any, requests: Any, schedule: Any, monkeypatch: Any
) -> None:
    for name in ("chinese_font", "families", "printable"):
        monkeypatch.setattr(
            night_sheets,
            name,
            {"chinese_font": lambda: None, "families": lambda: ["DejaVu Sans"], "printable": _latin}[name],
        )
    made = next(d for d in draft("sheet", telescopes, requests, schedule) if d.telescope == "xinglong_216")
    (page,) = _pages(made.content)
    assert "No font with Chinese characters" in page and "hostile" in page
    assert any("shows keys" in w for w in made.warnings)


def _latin(text: str) -> bool:
    return all(ord(c) < 0x2E80 for c in text)


@pytest.fixture
def chinese(tmp_path: Path) -> Iterator[None]:
    """A font that has the Chinese characters of this campaign, as boxes, installed for the time of a test."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    characters = "".join(sorted(set("兴隆米望远镜站变星当地世界时目标赤经纬终端与曝光大气质量月亮转动完成备用")))
    names = [".notdef", *(f"uni{ord(c):04X}" for c in characters)]
    pen = TTGlyphPen(None)
    for n, corner in enumerate(((50, 0), (50, 700), (650, 700), (650, 0))):
        (pen.moveTo if n == 0 else pen.lineTo)(corner)
    pen.closePath()
    glyph = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(c): f"uni{ord(c):04X}" for c in characters})
    builder.setupGlyf(dict.fromkeys(names, glyph))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (700, 50)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Noto Sans CJK SC", "styleName": "Regular"})
    builder.setupOS2(usWeightClass=400)
    builder.setupPost()
    path = tmp_path / "font.ttf"
    builder.save(path)
    manager = font_manager.fontManager
    before = list(manager.ttflist)
    manager.addfont(path)
    caches = (sheet_fonts.chinese_font, sheet_fonts._characters)
    for cache in caches:
        cache.cache_clear()
    yield
    manager.ttflist = before
    manager._findfont_cached.cache_clear()
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("chinese")
def test_with_a_chinese_font_names_are_written(telescopes: Any, requests: Any, schedule: Any) -> None:
    made = next(d for d in draft("sheet", telescopes, requests, schedule) if d.telescope == "xinglong_216")
    page = _pages(made.content)[0]
    assert "兴隆 2.16 米望远镜" in page and "备用目标" in page and "大气质量" in page and "No font" not in page
    assert made.warnings == ()


def test_nights_and_long_lists_get_pages_of_their_own(telescopes: Any, requests: Any, planned: Any) -> None:
    from gnomon.tools.observing.documents.requests import read_requests_document
    from gnomon.tools.observing.documents.times import mjd_of, text_of

    document, visits = copy.deepcopy(requests.document), []
    document["span"]["end"] = "2026-11-25T08:00:00Z"
    for night in (0, 1):
        for n in range(30 - 25 * night):
            key = f"s{night}_{n}"
            target = {"name": f"AT2026abc{n}", "ra": 30 + n, "dec": 20}
            document["requests"].append(
                {
                    "key": key,
                    "target": target,
                    "priority": 1,
                    "visits": [{"key": "v", "mode": "imaging", "bands": ["V"], "exposures": [[1, 300]]}],
                }
            )
            start = mjd_of("2026-11-22T11:00:00Z") + night + n * 600 / 86400
            visits.append({"request": key, "visit": "v", "telescope": "xinglong_216", "instrument": "bfosc", "bands": ["V"], "start": text_of(start), "end": text_of(start + 390 / 86400), "state": "planned"})  # fmt: skip
    wished = read_requests_document(document)
    schedule = read_schedule_document(planned | {"requests": wished.digest, "visits": visits, "span": document["span"]})
    (made,) = draft("sheet", telescopes, wished, schedule)
    pages = _pages(made.content)
    assert len(pages) == 3
    assert "page 2 of 2" in pages[1] and "Night of 2026-11-23" in pages[2] and "AT2026abc29" in pages[1]


def test_rows_of_obsplan(telescopes: Any, requests: Any, schedule: Any, replanned: Any, details: Any) -> None:
    rows = _rows("obsloctap", "palma_1", telescopes, requests, replanned, details, [schedule])
    assert tuple(rows[0]) == COLUMNS
    planned, gone = rows
    assert float(planned["t_min"]) == pytest.approx(61366.875) and planned["execution_status"] == "Scheduled"
    assert planned["s_region"] == "CIRCLE ICRS 40.000000 20.500000 0.200000" and planned["t_exptime"] == "360"
    assert (gone["execution_status"], gone["t_min"], gone["tracking_type"]) == (
        "Unscheduled",
        "",
        "Solar-system-object-tracking",
    )
    rectangle = _rows("obsloctap", "xinglong_216", telescopes, requests, schedule, details)[0]
    assert float(rectangle["s_fov"]) == pytest.approx(0.2) and rectangle["s_region"] == ""
    assert float(rectangle["t_planning"]) == pytest.approx(Time("2026-11-22T08:30:00").mjd)


def test_rows_of_obsplan_take_back_what_was_withdrawn(telescopes: Any, requests: Any, planned: Any, schedule: Any, details: Any) -> None:  # fmt: skip
    document = requests.document
    left = read_requests_document(document | {"requests": [r for r in document["requests"] if r["key"] != "rock"]})
    made = planned["made"] | {"parent": schedule.digest, "now": "2026-11-22T12:00:00Z"}
    after = read_schedule_document(planned | {"requests": left.digest, "made": made, "visits": planned["visits"][:-1]})
    (one,) = (d for d in draft("obsloctap", telescopes, left, after, details, [schedule]) if d.telescope == "palma_1")
    rows = list(csv.DictReader(io.StringIO(one.text)))
    before = _rows("obsloctap", "palma_1", telescopes, requests, schedule, details)
    assert [r["obs_id"] for r in rows] == [r["obs_id"] for r in before], "the same identity, which a service knows"
    assert [r["execution_status"] for r in rows] == ["Scheduled", "Unscheduled"] and rows[1]["target_name"] == ""
    assert any("withdrawn" in w for w in one.warnings)


def test_visits_that_are_alike_are_one_backup(telescopes: Any, requests: Any, planned: Any) -> None:
    document = copy.deepcopy(requests.document)
    document["requests"][2] |= {"credit": "partial", "cadence": {"count": 3, "gap": 3600, "tolerance": 600}}
    many = read_requests_document(document)
    keys = ["v_1", "v_2", "v_3"]
    left = planned["unscheduled"][0] | {"visits": keys}
    schedule = read_schedule_document(planned | {"requests": many.digest, "unscheduled": [left]})
    rows = [r for r in _rows("csv", "xinglong_216", telescopes, many, schedule) if r["role"] == "backup"]
    assert [r["target"] for r in rows] == ["NGC 1068"]


def test_why_a_backup_is_one(telescopes: Any, requests: Any, planned: Any) -> None:
    told = {"one_of": "hostile is planned in its place", "hours": "programme", "relation": "no times together"}
    for reason, words in told.items():
        left = [{"request": "spare", "reason": reason, "visits": ["v"], "detail": "", "lost_to": ["hostile"]}]
        rows = _rows(
            "csv", "xinglong_216", telescopes, requests, read_schedule_document(planned | {"unscheduled": left})
        )
        assert rows[-1]["role"] == "backup" and words in rows[-1]["note"]
    never = [{"request": "spare", "reason": "never_up", "visits": ["v"], "detail": "", "lost_to": []}]
    rows = _rows("csv", "xinglong_216", telescopes, requests, read_schedule_document(planned | {"unscheduled": never}))
    assert [r["role"] for r in rows] == ["planned"] * 3
    # Without its spectrum the afterglow would not count, so its image alone is told as what it is.
    alone = {
        "visits": planned["visits"][2:3],
        "unscheduled": [{"request": "grb", "reason": "lost", "visits": [], "detail": "", "lost_to": []}],
    }
    rows = _rows("csv", "xinglong_216", telescopes, requests, read_schedule_document(planned | alone))
    assert [r["visit"] for r in rows[1:]] == ["imaging", "spectrum"]
    assert all("counts only with its other visits" in r["note"] for r in rows[1:])


def test_a_night_does_not_hang_on_the_clock(telescopes: Any, requests: Any, planned: Any) -> None:
    from gnomon.tools.observing.documents.telescopes import read_telescopes_document

    document = copy.deepcopy(telescopes.document)
    document["sites"][0]["zone"] = "UTC"
    there = read_telescopes_document(document)
    made = draft(
        "sheet", there, requests, read_schedule_document(planned | {"telescopes": there.digest}), only=["xinglong_216"]
    )
    assert "Night of 2026-11-22" in _pages(made[0].content)[0]

"""The clock by which a question is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from gnomon.agents.understanding.clock import Clock, read_zone
from gnomon.tools.errors import UsageError


@pytest.mark.parametrize(
    ("now", "zone", "utc"),
    [
        ("2026-11-21T20:30", "Asia/Shanghai", "2026-11-21T12:30:00+00:00"),
        ("2026-11-21 20:30:15", "+08:00", "2026-11-21T12:30:15+00:00"),
        ("2026-11-21T20:30Z", "Asia/Shanghai", "2026-11-21T20:30:00+00:00"),
        ("2026-11-21T20:30-10:00", "Asia/Shanghai", "2026-11-22T06:30:00+00:00"),
        ("2026-11-21", "America/Santiago", "2026-11-21T03:00:00+00:00"),
        ("2026-07-21T12:00", "Europe/Paris", "2026-07-21T10:00:00+00:00"),
    ],
)
def test_time_is_read_in_the_zone_unless_it_names_its_own(now: str, zone: str, utc: str) -> None:
    clock = Clock.of(now, zone)
    assert clock.now.astimezone(UTC).isoformat() == utc
    assert clock.now.tzinfo == clock.zone


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("+08:00", 8),
        ("-3", -3),
        ("UTC+5:30", 5.5),
        ("+0545", 5.75),
        ("−10", -10),
        ("GMT-03:00", -3),
        ("Z", 0),
        ("utc", 0),
    ],
)
def test_offsets(name: str, hours: float) -> None:
    assert read_zone(name).utcoffset(datetime(2026, 1, 1)) == timedelta(hours=hours)


def test_names_of_zones_keep_summer_time() -> None:
    zone = read_zone("America/Santiago")
    assert zone == ZoneInfo("America/Santiago")
    assert datetime(2026, 1, 1, tzinfo=zone).utcoffset() != datetime(2026, 7, 1, tzinfo=zone).utcoffset()


@pytest.mark.parametrize(
    "zone", ["Asia", "Xinglong", "", "+25:00", "+08:75", "/etc/passwd", "../etc/passwd", "no/where", "8", "\0"]
)
def test_no_such_zone_says_what_to_write(zone: str) -> None:
    with pytest.raises(UsageError, match="Asia/Shanghai"):
        Clock.of("2026-11-21", zone)


@pytest.mark.parametrize(
    "now", ["tomorrow", "", "2026-13-01", "21/11/2026", "2026-11-21T25:00", "0001-01-01", "9999-12-31"]
)
def test_no_such_time_says_what_to_write(now: str) -> None:
    with pytest.raises(UsageError) as error:
        Clock.of(now, "UTC")
    assert error.value.remedy


def test_machine_clock_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    clock = Clock.of()
    assert clock.zone == ZoneInfo("Pacific/Auckland")
    assert abs(clock.now - datetime.now(UTC)) < timedelta(minutes=1)
    monkeypatch.setenv(
        "TZ", "EST5EDT,M3.2.0,M11.1.0"
    )  # POSIX rules have no name; any zone will do, but there must be one
    assert Clock.of().now.utcoffset() is not None
    monkeypatch.delenv("TZ")
    assert Clock.of().now.utcoffset() is not None


def test_naive_time_is_refused() -> None:
    with pytest.raises(UsageError, match="time zone"):
        Clock(datetime(2026, 11, 21), UTC)


def test_today_in_another_zone() -> None:
    clock = Clock.of("2026-11-21T20:30Z", "UTC")
    assert clock.today(timezone(timedelta(hours=8))).date().isoformat() == "2026-11-22"
    assert clock.today().date().isoformat() == "2026-11-21"

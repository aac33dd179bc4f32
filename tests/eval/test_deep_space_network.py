"""Weeks of antennas: what is planned passes the checker, which finds what is made wrong on purpose; and the benchmark's weeks, where they are there."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gnomon.eval.deep_space_network import plan, rows_of, run, table, upper_bound
from gnomon.eval.deep_space_rules import faults, measures
from gnomon.eval.deep_space_weeks import read_week
from gnomon.tools.errors import InputError

MONDAY = int(datetime.fromisocalendar(2018, 10, 1).replace(tzinfo=UTC).timestamp())
WEEKS = Path(__file__).parents[2].parent / "shared" / "bench" / "satnet"
HOUR = 3600


def wish(key: str, hours: float, periods: dict[str, list[tuple[float, float]]], **changes: Any) -> dict[str, Any]:
    """A request in the benchmark's form; view periods in hours since Monday."""
    return {
        "subject": key,
        "week": 10,
        "year": 2018,
        "duration": hours,
        "duration_min": hours,
        "track_id": key,
        "setup_time": 60,
        "teardown_time": 15,
        "resource_vp_dict": {
            name: [{"TRX ON": MONDAY + int(a * HOUR), "TRX OFF": MONDAY + int(b * HOUR)} for a, b in told]
            for name, told in periods.items()
        },
        **changes,
    }


def write(folder: Path, wishes: list[dict[str, Any]], closed: list[tuple[str, float, float]] = []) -> Path:  # noqa: B006 - not changed
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "problem.json").write_text(json.dumps(wishes), encoding="utf-8")
    with (folder / "maintenance.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["week", "year", "starttime", "endtime", "antenna"])
        writer.writerows([[10.0, 2018, MONDAY + int(a * HOUR), MONDAY + int(b * HOUR), name] for name, a, b in closed])
    return folder


def of(rows: list[dict[str, Any]], key: str) -> list[tuple[str, float, float]]:
    """Antenna and hours of tracking of the rows of a request."""
    return sorted(
        (r["RESOURCE"], (r["TRACKING_ON"] - MONDAY) / HOUR, (r["TRACKING_OFF"] - MONDAY) / HOUR)
        for r in rows
        if r["TRACK_ID"] == key
    )


def test_a_track_is_as_long_as_its_place_lets_it_be(tmp_path: Path) -> None:
    folder = write(tmp_path / "w", [wish("a", 8.0, {"D": [(10, 17.13)]}, duration_min=6.4)])
    told = run(folder, rounds=20)
    assert told.faults == []
    assert told.measures.hours == pytest.approx(7.13, abs=1 / HOUR)
    assert told.bound >= told.measures.hours


def test_a_long_request_is_divided_where_no_place_is_long_enough_and_a_shorter_one_is_not(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "w",
        [
            wish("long", 8.0, {"D": [(10, 14.5)], "E": [(40, 44.5)]}, duration_min=6.4),
            wish("short", 6.0, {"F": [(10, 14), (20, 24)]}),
        ],
    )
    told = run(folder, rounds=20)
    assert told.faults == []
    assert [b - a for _, a, b in of(told.rows, "long")] == [4.0, 4.0]
    assert of(told.rows, "short") == []
    assert told.measures.met == 1


def test_an_array_takes_all_its_antennas_at_once_and_counts_once(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "w",
        [
            wish("array", 4.0, {"D_E": [(10, 20)]}),
            wish("one", 5.0, {"D": [(10, 15)]}),
            wish("none", 5.0, {"E": [(11, 16)]}),
        ],
    )
    told = run(folder, rounds=200)
    assert told.faults == []
    # One and none exclude the array, and together are worth more.
    assert told.measures.hours == pytest.approx(10)
    folder = write(tmp_path / "v", [wish("array", 4.0, {"D_E": [(10, 20)]})])
    told = run(folder, rounds=20)
    assert told.faults == [] and told.measures.hours == pytest.approx(4) and len(told.rows) == 2


def test_maintenance_keeps_setting_up_away_too(tmp_path: Path) -> None:
    free = [wish("a", 2.0, {"D": [(10, 13)]})]
    assert run(write(tmp_path / "w", free, [("D", 5, 9.9)]), rounds=20).measures.hours == pytest.approx(2)
    told = run(write(tmp_path / "v", free, [("D", 5, 10.5)]), rounds=20)
    assert (told.rows, told.measures.u_max, told.measures.met) == ([], 1.0, 0)


def test_a_mission_is_tracked_once_at_a_time_and_two_missions_are_not_held_up(tmp_path: Path) -> None:
    def both(folder: str, *missions: str) -> float:
        wishes = [
            wish(key, 2.0, {antenna: [(10, 13)]}, subject=mission)
            for key, antenna, mission in zip("ab", "DE", missions, strict=True)
        ]
        told = run(write(tmp_path / folder, wishes), rounds=50)
        assert told.faults == []
        return told.measures.hours

    assert both("w", "one", "one") == pytest.approx(2)
    assert both("v", "one", "two") == pytest.approx(4)


@pytest.mark.parametrize("seed", range(4))
def test_crowded_weeks_pass_the_checker_and_stay_below_the_bound(tmp_path: Path, seed: int) -> None:
    folder = crowded(tmp_path, seed)
    told = run(folder, rounds=250, seed=seed)
    assert told.faults == []
    assert 20 < told.measures.hours <= told.bound + 1e-6
    assert told.measures.hours >= told.before - 1e-6
    assert told.inserted.hours <= told.measures.hours + 1
    shown = table(folder, told)
    assert "Week 10 of 2018: 30 requests" in shown and "Delta-MILP" in shown


def crowded(folder: Path, seed: int) -> Path:
    """Thirty requests of eight missions for three antennas in three days."""
    random = Random(seed)
    wishes = []
    for n in range(30):
        hours = random.choice([1.0, 2.5, 4.0, 8.0, 10.0])
        places = random.choice([["D"], ["D", "E"], ["D", "E", "F"], ["D_E", "F"], ["E_F"]])
        periods = {}
        for name in places:
            starts = sorted(random.uniform(0, 60) for _ in range(2))
            periods[name] = [(a, a + random.uniform(3, 11)) for a in starts]
        wishes.append(
            wish(
                f"r{n}",
                hours,
                periods,
                duration_min=0.8 * hours if hours >= 8 else hours,
                subject=random.randrange(8),
                setup_time=random.choice([30, 60]),
            )
        )
    return write(folder / f"w{seed}", wishes, [("D", 20, 26), ("E", 3, 5.5)])


def test_the_checker_finds_what_is_made_wrong(tmp_path: Path) -> None:
    folder = crowded(tmp_path, 1)
    rows = run(folder, rounds=100).rows
    assert faults(folder, rows) == []
    asked = {r["track_id"]: r for r in json.loads((folder / "problem.json").read_text())}

    def wrong(*changed: dict[str, Any], without: int = 0) -> str:
        return " ".join(faults(folder, [*rows[without:], *changed]))

    one = next(r for r in rows if sum(o["TRACK_ID"] == r["TRACK_ID"] for o in rows) == 1)
    others = [r for r in rows if r is not one]

    def instead(**changes: Any) -> str:
        return " ".join(faults(folder, [*others, {**one, **changes}]))

    assert "Nobody asked" in wrong({**one, "TRACK_ID": "other"})
    assert "is not set up" in instead(START_TIME=one["START_TIME"] + 1)
    assert "is not taken down" in instead(END_TIME=one["END_TIME"] - 1)
    assert "view period" in instead(RESOURCE="Z")
    assert "asks for" in instead(TRACKING_OFF=one["TRACKING_ON"] + 60, END_TIME=one["TRACKING_ON"] + 60 + 900)
    day = {k: one[k] - 30 * 86400 for k in ("START_TIME", "TRACKING_ON", "TRACKING_OFF", "END_TIME")}
    assert "outside the week" in instead(**day)
    closed = {k: one[k] - one["TRACKING_ON"] + MONDAY + 23 * HOUR for k in day}
    assert "maintained" in instead(RESOURCE="D", **closed)
    again = {**one, "TRACK_ID": next(k for k in asked if k != one["TRACK_ID"])}
    assert "at the same time" in wrong(again)
    mate = {**asked[one["TRACK_ID"]], "track_id": "mate"}
    (folder / "problem.json").write_text(json.dumps([*asked.values(), mate]), encoding="utf-8")
    assert "twice at a time" in wrong({**one, "TRACK_ID": "mate", "RESOURCE": "Y"})


def test_a_request_that_may_not_be_divided_is_found_out(tmp_path: Path) -> None:
    folder = write(tmp_path / "w", [wish("a", 4.0, {"D": [(10, 12), (20, 22)]})])
    rows = [
        {
            "RESOURCE": "D",
            "SC": "a",
            "START_TIME": on - HOUR,
            "TRACKING_ON": on,
            "TRACKING_OFF": on + 2 * HOUR,
            "END_TIME": on + 2 * HOUR + 900,
            "TRACK_ID": "a",
        }
        for on in (MONDAY + 10 * HOUR, MONDAY + 20 * HOUR)
    ]
    assert faults(folder, rows) == ["a may not be divided like this."]
    assert "asks for" in " ".join(faults(folder, rows[:1]))


def test_fairness_is_of_missions(tmp_path: Path) -> None:
    wishes = [wish(k, h, {"D": [(10, 30)]}, subject=s) for k, h, s in (("a", 3.0, 1), ("b", 1.0, 1), ("c", 2.0, 2))]
    folder = write(tmp_path / "w", wishes)
    rows = [
        {"RESOURCE": "D", "TRACK_ID": "a", "TRACKING_ON": MONDAY + 10 * HOUR, "TRACKING_OFF": MONDAY + 13 * HOUR},
    ]
    told = measures(folder, rows)
    assert (told.hours, told.hours_asked, told.met, told.u_max) == (3, 6, 1, 1)
    assert told.u_rms == pytest.approx(((0.25**2 + 1) / 2) ** 0.5)


def test_a_folder_without_a_week_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"problem\.json is missing"):
        run(tmp_path, rounds=1)


@pytest.mark.skipif(
    not WEEKS.is_dir(), reason="SHARED DATA MISSING: ../shared/bench/satnet is not beside the repository"
)
@pytest.mark.parametrize(("week", "published"), [("W10_2018", 886), ("W20_2018", 1059)])
def test_the_weeks_of_the_benchmark(week: str, published: float) -> None:
    folder = WEEKS / week
    read = read_week(folder)
    rows = rows_of(read, plan(read, rounds=300)[0])
    assert faults(folder, rows) == []
    hours = measures(folder, rows).hours
    assert published < hours <= upper_bound(read, hours, rounds=40)

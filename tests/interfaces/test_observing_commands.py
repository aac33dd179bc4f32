"""`gnomon observe`: telescopes, schedule, replan, verify, drafts, as a person uses them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NIGHT = {"start": "2026-11-22T16:00:00Z", "end": "2026-11-23T08:00:00Z"}


def _visit(**more: Any) -> dict[str, Any]:
    return {"key": "image", "mode": "imaging", "exposures": [[2, 60]], **more}


def _requests(path: Path) -> Path:
    requests = [
        {"key": "andromeda", "target": {"name": "M 31", "ra": 10.68, "dec": 41.27}, "priority": 50, "visits": [_visit()]},
        {"key": "south", "target": {"name": "far south", "ra": 60.0, "dec": -80.0}, "priority": 10, "visits": [_visit()]},
    ]  # fmt: skip
    document = {"form": "gnomon observing requests", "version": 1, "span": NIGHT, "defaults": {"airmass_max": 2.0}, "requests": requests}  # fmt: skip
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_telescopes_are_listed_and_told_with_their_sources(gnomon: Callable[..., Any]) -> None:
    listed = gnomon("observe", "telescopes")
    assert listed.code == 0 and "xinglong_2m" in listed.out and "La Palma" in listed.out
    one = gnomon("observe", "telescopes", "NOT").out
    assert "北欧光学望远镜" in one and "limits.altitude_min" in one and "nobody says" not in one
    assert gnomon("observe", "telescopes", "兴隆", "--json").json["form"] == "gnomon telescopes"
    wrong = gnomon("observe", "telescopes", "xinlong")
    assert wrong.code == 2 and "Did you mean" in wrong.err


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--seconds", "2.5"), "seconds = 2.5 s"), (("--seed", "7"), "seed = 7"), ((), "seconds = not given")],
)
def test_how_long_the_search_takes_is_in_the_plan(
    gnomon: Callable[..., Any], tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    offered = gnomon("observe", "schedule", _requests(tmp_path / "requests.json"), "--from", "NOT", *options)
    assert offered.code == 3 and said in offered.err, offered.err


@pytest.mark.slow
def test_requests_are_scheduled_verified_changed_and_drafted(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    requests = _requests(tmp_path / "requests.json")
    run = gnomon("observe", "schedule", requests, "--from", "NOT", "--yes", "--json")
    assert run.code == 0, run.err
    told = run.json
    assert "andromeda/image with not (alfosc)" in told["answer"] and "found no violation" in told["answer"]
    numbers = {(r["quantity"], r["of"]): r["value"] for r in told["results"]}
    assert numbers["violations", "schedule"] == 0 and numbers["requests_not_scheduled", "schedule"] == 1
    events = tmp_path / "events.json"
    closure = {"time": "2026-11-22T18:00:00Z", "kind": "closure", "telescope": "not", "start": "2026-11-22T18:00:00Z", "end": NIGHT["end"], "why": "clouds"}  # fmt: skip
    events.write_text(json.dumps({"form": "gnomon observing events", "version": 1, "events": [closure]}))
    changed = gnomon("observe", "replan", told["run"], "--events", events, "--at", "2026-11-22T18:00:00Z", "--yes", "--json")  # fmt: skip
    assert changed.code == 0, changed.err
    assert "Nothing could be scheduled" in changed.json["answer"] or "0 visits" in changed.json["answer"]
    # What the observers have in their calendars is told to go, of a schedule with the name of its run alone.
    before = gnomon("observe", "drafts", told["run"], "--form", "ics", "--detail", "all.organizer=pi@example.org", "-o", tmp_path / "before")  # fmt: skip
    after = gnomon("observe", "drafts", changed.json["run"], "-f", "ics", "-o", tmp_path / "after", "--json")
    assert before.code == after.code == 0, before.err + after.err
    (planned,), (gone,) = ([*(tmp_path / name).iterdir()] for name in ("before", "after"))
    assert (planned.name, gone.name) == ("not.ics", "not.cancelled.ics")
    identity = next(line for line in planned.read_text().splitlines() if line.startswith("UID:"))
    assert identity in gone.read_text() and "STATUS:CANCELLED" in gone.read_text()
    assert "organizer" in after.json["drafts"][0]["missing"] and "organizer" not in before.out
    again = gnomon("observe", "drafts", told["run"], "--form", "ics", "-o", tmp_path / "before")
    assert again.code == 0 and (tmp_path / "before" / "not.1.ics").is_file()  # nothing is overwritten
    # The documents, to be verified by anybody.
    written = gnomon("observe", "documents", changed.json["run"], "-o", tmp_path / "documents", "--json").json["documents"]  # fmt: skip
    assert set(written) == {"telescopes", "requests", "schedule", "replaced_1"}
    first = gnomon("observe", "documents", told["run"], "-o", tmp_path / "first", "--json").json["documents"]
    assert json.loads(Path(first["schedule"]).read_text()) == json.loads(Path(written["replaced_1"]).read_text())
    checked = gnomon("observe", "verify", first["schedule"], "-r", first["requests"], "-t", first["telescopes"])
    assert checked.code == 0 and "No violation found." in checked.out, checked.err
    for wrong, words in ((("--form", "night-sheet"), "no form 'night-sheet'"), ((), "has no drafts")):
        said = gnomon("observe", "drafts", told["run"], *wrong, "-o", tmp_path / "none")
        assert said.code == 2 and words in said.err, said.err
    assert not (tmp_path / "none").exists()


def test_a_plan_of_a_schedule_waits_for_a_person(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    waits = gnomon("observe", "schedule", _requests(tmp_path / "requests.json"), "--from", "NOT", "--json")
    assert waits.code == 3 and waits.json["status"] == "waiting"


def test_what_is_wrong_is_told_in_one_sentence(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    broken = tmp_path / "requests.json"
    broken.write_text(_requests(broken).read_text().replace('"priority": 50', '"priority": "high"'))
    said = gnomon("observe", "schedule", broken, "--from", "NOT")
    assert said.code in (1, 2) and "request 'andromeda': priority must be a number" in said.err
    missing = gnomon("observe", "schedule", tmp_path / "nothing.yaml", "--from", "NOT")
    assert missing.code == 2 and "There is no file" in missing.err
    two = gnomon("observe", "schedule", _requests(tmp_path / "r.json"), "--from", "NOT", "--telescopes", broken)
    assert two.code == 2 and "Both --telescopes and --from" in two.err
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    assert gnomon("observe", "schedule", table, "--from", "NOT").code == 2


def test_a_schedule_from_elsewhere_is_verified_and_what_is_wrong_leaves_with_1(
    gnomon: Callable[..., Any], tmp_path: Path
) -> None:
    requests, telescopes = _requests(tmp_path / "requests.json"), tmp_path / "telescopes.json"
    telescopes.write_text(gnomon("observe", "telescopes", "NOT", "--json").out, encoding="utf-8")
    visit = {"request": "andromeda", "visit": "image", "telescope": "not", "instrument": "alfosc", "bands": ["R"], "start": "2026-11-22T16:00:00Z", "end": "2026-11-22T16:05:00Z", "state": "planned"}  # fmt: skip
    schedule = {"form": "gnomon schedule", "version": 1, "telescopes": "0" * 64, "requests": "0" * 64, "span": NIGHT, "made": {}, "score": 50.0, "bound": None, "visits": [visit], "unscheduled": [{"request": "south", "reason": "never_up"}]}  # fmt: skip
    path = tmp_path / "schedule.json"
    path.write_text(json.dumps(schedule))
    said = gnomon("observe", "verify", path, "-r", requests, "-t", telescopes, "--json")
    assert said.code == 1
    codes = {f["code"] for f in said.json["findings"]}
    assert {"sun", "digest"} & codes or len(codes) >= 2, codes
    words = gnomon("observe", "verify", path, "-r", requests, "-t", telescopes)
    assert words.code == 1 and "violations found." in words.out and "Looked at: " in words.err

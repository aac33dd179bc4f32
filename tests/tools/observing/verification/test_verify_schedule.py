"""The tool: a row for each finding, and the verdict with what was looked at."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from hand_made_night import digest, world

from gnomon.tools.errors import InputError
from gnomon.tools.kinds import tables
from gnomon.tools.observing.documents.tables import table_of_requests, table_of_schedule, table_of_telescopes
from gnomon.tools.observing.verification.verify_schedule import verify_schedule


def test_a_schedule_that_holds_has_no_rows(tmp_path: Path) -> None:
    telescopes, requests, schedule = world()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = verify_schedule(
            table_of_schedule(schedule), table_of_telescopes(telescopes), table_of_requests(requests)
        )

    assert len(told) == 0 and told.colnames == ["code", "place", "sentence"]
    assert told.meta["passed"] and told.meta["digests"]["schedule"] == digest(schedule)
    assert told.meta["counts"]["visits_planned"] == 10 and told.meta["allowed"]["angle_deg"] == 0.02
    path = tmp_path / f"told{tables.suffix(told)}"
    tables.write(told, path)
    assert tables.digest(tables.read(path)) == tables.digest(told)


def test_what_is_wrong_is_told_in_rows_and_in_a_warning() -> None:
    telescopes, requests, schedule = world()
    schedule["visits"][9]["end"] = "2026-11-22T15:33:37Z"
    with pytest.warns(UserWarning, match="does not hold: 1 findings"):
        told = verify_schedule(
            table_of_schedule(schedule), table_of_telescopes(telescopes), table_of_requests(requests)
        )

    assert [tuple(row) for row in told] == [
        ("duration", "partial/one at x1", "It lasts 217.0 s; it takes 220.0 s.")
    ] and not told.meta["passed"]


def test_a_table_without_its_document_is_refused() -> None:
    telescopes, requests, schedule = world()
    bare = table_of_schedule(schedule)
    del bare.meta["document"]
    with pytest.raises(InputError, match="document"):
        verify_schedule(bare, table_of_telescopes(telescopes), table_of_requests(requests))


def test_limits_that_nobody_was_found_to_state_are_told_beside_the_verdict() -> None:
    telescopes, requests, schedule = world()
    used = schedule["visits"][0]["telescope"]
    for row in telescopes["telescopes"]:
        row["sources"] = {"limits": "assumed: as of its neighbours", "slew": "manual", "instruments": "manual"}
    schedule = {**schedule, "telescopes": digest(telescopes)}
    tables_of = table_of_schedule(schedule), table_of_telescopes(telescopes), table_of_requests(requests)
    with pytest.warns(UserWarning, match="limits assumed: altitude above"):
        told = verify_schedule(*tables_of)
    assert told.meta["passed"]
    names = {row["key"]: row.get("name", row["key"]) for row in telescopes["telescopes"]}
    planned = {v["telescope"] for v in schedule["visits"] if v.get("state", "planned") == "planned"}
    assert used in planned
    assert [said.split(":")[0] for said in told.meta["assumed"]] == [names[k] for k in names if k in planned]

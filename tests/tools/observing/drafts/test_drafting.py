"""From three documents to drafts: what belongs together, what is missing, what is the same."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.kinds import KINDS, tables
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document, schedule_document
from gnomon.tools.observing.documents.tables import table_of_requests, table_of_schedule, table_of_telescopes
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.drafts.details import FORMS, KNOWN, details_in
from gnomon.tools.observing.drafts.draft import bytes_of
from gnomon.tools.observing.drafts.draft_observations import draft_observations
from gnomon.tools.observing.drafts.drafting import draft

QUICK = [f for f in FORMS if f != "sheet"]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_plan_gives_the_same_bytes(form: str, telescopes: Any, requests: Any, schedule: Any) -> None:
    first, second = (draft(form, telescopes, requests, schedule) for _ in range(2))
    assert first and [d.digest for d in first] == [d.digest for d in second]
    assert len({d.name for d in first}) == len(first)
    for d in first:
        assert bytes_of(d.media_type, d.text) == d.content
        assert "/" not in d.name and d.name.isascii()


@pytest.mark.parametrize("form", QUICK)
def test_with_every_detail_only_the_ephemeris_file_is_missing(form: str, telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:  # fmt: skip
    drafts = draft(form, telescopes, requests, schedule, details)
    missing = {m for d in drafts for m in d.missing}
    assert all(m.startswith("ephemeris file of 433 Eros") for m in missing)
    assert not missing or form == "eso"


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ("lco", "proposal"), ("lco", "instrument_type"), ("lco", "telescope_class"), ("lco", "optical_elements"), ("lco", "window_margin"),
        ("tom", "tom_facility"), ("skyportal", "allocation_id"), ("skyportal", "group_ids"), ("eso", "templates"), ("eso", "sky_transparency"),
        ("gcn_circular", "authors"), ("gcn_json", "schema"), ("gcn_json", "date"), ("voevent", "authority"), ("treasure_map", "graceid"),
        ("treasure_map", "instrument_id"), ("obsloctap", "date"), ("ics", "organizer"),
    ],
)  # fmt: skip
def test_what_nobody_told_is_named_and_not_made_up(form: str, word: str, telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:  # fmt: skip
    told = {place: {k: v for k, v in words.items() if k != word} for place, words in details.items()}
    drafts = draft(form, telescopes, requests, schedule, told)
    assert drafts and any(word in m for d in drafts for m in d.missing)
    assert not any(d.complete for d in drafts if any(word in m for m in d.missing))


def test_a_missing_value_is_null_in_the_document(telescopes: Any, requests: Any, schedule: Any) -> None:
    document = json.loads(
        next(d for d in draft("lco", telescopes, requests, schedule) if d.name == "lco-grb.json").content
    )
    assert document["proposal"] is None and document["ipp_value"] is None
    assert document["requests"][0]["location"]["telescope_class"] is None
    assert document["requests"][0]["configurations"][0]["target"]["ra"] == 40.0


def test_documents_must_belong_together(telescopes: Any, requests: Any, planned: Any) -> None:
    for word in ("telescopes", "requests"):
        other = read_schedule_document(planned | {word: "0" * 64})
        with pytest.raises(InputError, match=f"other {word}"):
            draft("csv", telescopes, requests, other)
    wrong = copy.deepcopy(planned)
    wrong["visits"][0]["visit"] = "elsewhere"
    with pytest.raises(InputError, match="not among the requests"):
        draft("csv", telescopes, requests, read_schedule_document(wrong))
    wrong = copy.deepcopy(planned)
    wrong["visits"][0]["instrument"] = "hand"
    with pytest.raises(InputError, match="which is not there"):
        draft("csv", telescopes, requests, read_schedule_document(wrong))
    for change, words in (
        ({"start": "2026-11-25T12:00:00Z", "end": "2026-11-25T12:11:50Z"}, "outside of the span"),
        ({"end": "2026-11-22T12:00:00Z"}, "ends before it begins"),
        ({"bands": ["V"]}, "1 bands and 2 exposures"),
        ({"visit": "spectrum", "telescope": "palma_1", "instrument": "cam"}, "which cam does not do"),
    ):
        wrong = copy.deepcopy(planned)
        wrong["visits"][0] |= change
        with pytest.raises(InputError, match=words):
            draft("csv", telescopes, requests, read_schedule_document(wrong))


def test_a_chain_must_be_one(telescopes: Any, requests: Any, schedule: Any, replanned: Any) -> None:
    with pytest.raises(InputError, match="says that it replaces"):
        draft("ics", telescopes, requests, replanned, None, [replanned])
    for form in ("ics", "gcn_json", "voevent"):
        alone = draft(form, telescopes, requests, replanned)
        assert all(any("the schedules that this one replaces" in m for m in d.missing) for d in alone)
        whole = draft(form, telescopes, requests, replanned, None, [schedule])
        assert not any("replaces" in m for d in whole for m in d.missing)


def test_unknown_forms_and_details_are_refused(telescopes: Any, requests: Any, schedule: Any) -> None:
    with pytest.raises(InputError, match="no form 'fax'"):
        draft("fax", telescopes, requests, schedule)
    with pytest.raises(InputError, match="Is proposal meant"):
        draft("lco", telescopes, requests, schedule, {"lco": {"proposl": "X"}})
    with pytest.raises(InputError, match="neither a telescope nor a form"):
        draft("lco", telescopes, requests, schedule, {"lick": {"proposal": "X"}})
    with pytest.raises(InputError, match="window_margin must be"):
        draft("lco", telescopes, requests, schedule, {"lco": {"window_margin": "ten"}})
    with pytest.raises(InputError, match="no telescope 'lick'"):
        draft("lco", telescopes, requests, schedule, only=["lick"])


def test_only_some_telescopes(telescopes: Any, requests: Any, schedule: Any, replanned: Any) -> None:
    assert [d.telescope for d in draft("csv", telescopes, requests, schedule, only=["palma_1"])] == ["palma_1"]
    told = draft("voevent", telescopes, requests, replanned, None, [schedule], only=["xinglong_216"])
    assert {d.telescope for d in told} == {"xinglong_216"}


def test_details_in_lines() -> None:
    told = details_in(
        [
            "lco.proposal=2026",
            "all.window_margin=600",
            'palma_1.observer=["A", "B"]',
            "eso.sky_transparency=Clear = good",
        ]
    )
    assert told == {
        "lco": {"proposal": "2026"}, "all": {"window_margin": 600}, "palma_1": {"observer": ["A", "B"]}, "eso": {"sky_transparency": "Clear = good"},
    }  # fmt: skip
    for wrong in ("proposal=1", "lco.proposal", "=x"):
        with pytest.raises(InputError, match="tells no detail"):
            details_in([wrong])


@pytest.mark.parametrize("form", QUICK)
def test_the_tool_keeps_every_byte_through_a_table(form: Any, telescopes: Any, requests: Any, planned: Any, schedule: Any, tmp_path: Path) -> None:  # fmt: skip
    documents = (
        table_of_schedule(planned),
        table_of_telescopes(telescopes.document),
        table_of_requests(requests.document),
    )
    with pytest.warns(UserWarning) if form not in ("csv", "text") else _nothing():
        table = draft_observations(*documents, form)
    assert KINDS["Drafts"].codec.check(table, KINDS["Drafts"]) is None
    path = tmp_path / f"drafts{tables.suffix(table)}"
    tables.write(table, path)
    back = tables.read(path)
    expected = draft(form, telescopes, requests, schedule)
    assert [bytes_of(str(r["media_type"]), str(r["content"])) for r in back] == [d.content for d in expected]
    assert [str(d) for d in back["digest"]] == [d.digest for d in expected]


def test_a_changed_schedule_carries_what_it_replaces(
    telescopes: Any, requests: Any, planned: Any, schedule: Any, replanned: Any
) -> None:
    changed = table_of_schedule(schedule_document(replanned))
    changed.meta |= {"telescopes": telescopes.document, "requests": requests.document, "replaces": planned}
    # What was read beside it is of before the events; what it carries counts.
    before = table_of_requests({**requests.document, "requests": requests.document["requests"][:1]})
    with pytest.warns(UserWarning):
        table = draft_observations(changed, table_of_telescopes(telescopes.document), before, "ics")
    assert [str(n) for n in table["name"]] == ["xinglong_216.ics", "palma_1.ics", "palma_1.cancelled.ics"]
    assert not any("the schedules that this one replaces" in str(m) for m in table["missing"])


def test_a_visit_that_failed_and_is_planned_again_has_one_draft(
    telescopes: Any, requests: Any, planned: Any, schedule: Any, details: Any
) -> None:
    document = copy.deepcopy(planned)
    document["made"] |= {"parent": schedule.digest, "now": "2026-11-22T14:00:00Z"}
    document["visits"][0] |= {"state": "failed", "end": "2026-11-22T13:05:00Z"}
    again = planned["visits"][0] | {"start": "2026-11-22T14:10:00Z", "end": "2026-11-22T14:21:50Z"}
    document["visits"].append(again)
    twice = read_schedule_document(document)
    for form in (f for f in FORMS if f != "sheet"):
        made = draft(form, telescopes, requests, twice, details, [schedule])
        assert len({d.name for d in made}) == len(made) > 0, form
    blocks = {d.name: json.loads(d.content) for d in draft("eso", telescopes, requests, twice, details, [schedule])}
    assert "2026-11-22T14:10" in json.dumps(blocks["eso-xinglong_216-grb-imaging.json"]["absoluteTimeConstraints"])


def test_no_facility_is_asked_for_what_was_asked_for_already(
    telescopes: Any, requests: Any, planned: Any, details: Any
) -> None:
    document = copy.deepcopy(planned)
    document["made"]["now"] = "2026-11-22T15:01:00Z"
    for number, state in enumerate(("done", "failed", "running")):
        document["visits"][number]["state"] = state
    part = read_schedule_document(document)
    asked = {f: {d.name: d.content.decode() for d in draft(f, telescopes, requests, part, details)} for f in FORMS if f != "sheet"}  # fmt: skip
    # Of `grb` only the visit that is still to come; of `hostile`, which is running, nothing.
    assert sorted(asked["lco"]) == ["lco-grb.json", "lco-rock.json"]
    group = json.loads(asked["lco"]["lco-grb.json"])
    assert group["operator"] == "SINGLE"
    assert [r["observation_note"] for r in group["requests"]] == ["grb/later at palma_1"]
    told = {d.name: d.warnings for d in draft("lco", telescopes, requests, part, details)}["lco-grb.json"]
    assert any(w.startswith("1 of 3 visits are running or done, and not asked for again.") for w in told)
    assert sorted(asked["tom"]) == ["tom-grb.json", "tom-rock.json"]
    assert [o["name"] for o in json.loads(asked["tom"]["tom-grb.json"])["observations"]] == ["GRB 261122A later"]
    starts = [r["payload"]["start_date"] for r in json.loads(asked["skyportal"]["skyportal-grb.json"])["followup_requests"]]  # fmt: skip
    assert set(starts) == {"2026-11-22T21:00:00"} and "skyportal-hostile.json" not in asked["skyportal"]
    assert sorted(asked["eso"]) == ["eso-palma_1-grb-later.json", "eso-palma_1-rock-v.json"]
    # Lists for people show everything, with its state.
    assert [line.split(",")[1] for line in asked["csv"]["xinglong_216.csv"].splitlines()[1:4]] == ["done", "failed", "running"]  # fmt: skip
    # What failed is nothing to tell the community.
    assert "failed" not in asked["gcn_circular"]["gcn-circular-grb.txt"] and "done" in asked["gcn_circular"]["gcn-circular-grb.txt"]  # fmt: skip


def test_nothing_is_asked_when_everything_is_over(telescopes: Any, requests: Any, planned: Any, details: Any) -> None:
    document = copy.deepcopy(planned)
    document["made"]["now"] = "2026-11-23T07:00:00Z"
    for number, row in enumerate(document["visits"]):
        row["state"] = "done" if number % 2 else "failed"
    over = read_schedule_document(document)
    for form in ("lco", "tom", "skyportal", "eso", "treasure_map"):
        assert draft(form, telescopes, requests, over, details) == [], form
    told = [d.content.decode() for d in draft("gcn_circular", telescopes, requests, over, details)]
    assert len(told) == 1 and "were made" in told[0]


def test_what_is_planned_again_counts_in_whatever_order_the_schedule_has_it(
    telescopes: Any, requests: Any, planned: Any, schedule: Any, details: Any
) -> None:
    document = copy.deepcopy(planned)
    document["made"] |= {"parent": schedule.digest, "now": "2026-11-22T14:00:00Z"}
    document["visits"][0] |= {"state": "failed", "end": "2026-11-22T13:05:00Z"}
    again = planned["visits"][0] | {"start": "2026-11-22T14:10:00Z", "end": "2026-11-22T14:21:50Z"}
    document["visits"].insert(0, again)
    made = draft("ics", telescopes, requests, read_schedule_document(document), details, [schedule])
    calendar = next(d for d in made if d.name == "xinglong_216.ics").content.decode()
    assert "DTSTART:20261122T141000Z" in calendar and "DTSTART:20261122T130000Z" not in calendar


def test_lists_say_what_is_no_longer_planned(telescopes: Any, requests: Any, schedule: Any, replanned: Any) -> None:
    made = {d.telescope: d.content.decode() for d in draft("text", telescopes, requests, replanned, None, [schedule])}
    assert "No longer planned here (UTC): 11-22 " in made["palma_1"]
    assert "No longer planned" not in made["xinglong_216"]


def test_a_telescope_that_lost_everything_is_told_so(
    telescopes: Any, requests: Any, planned: Any, schedule: Any
) -> None:
    document = copy.deepcopy(planned)
    document["made"] |= {"parent": schedule.digest, "now": "2026-11-22T14:00:00Z"}
    document["visits"] = [v for v in document["visits"] if v["telescope"] == "xinglong_216"]
    after = read_schedule_document(document)
    for form, ending in (("text", "txt"), ("sheet", "pdf")):
        made = {d.name: d for d in draft(form, telescopes, requests, after, None, [schedule])}
        assert set(made) == {f"xinglong_216.{ending}", f"palma_1.{ending}"}, form
        told = _words(made[f"palma_1.{ending}"])
        assert "othing is planned here any more." in told and "11-22 21:00:00 grb/later" in told, form
        only = draft(form, telescopes, requests, after, None, [schedule], only=["xinglong_216"])
        assert [d.name for d in only] == [f"xinglong_216.{ending}"], "for the others nothing is written"


def test_who_still_observes_what_was_withdrawn_is_told_to_stop(
    telescopes: Any, requests: Any, planned: Any, schedule: Any
) -> None:
    left = {**requests.document, "requests": [r for r in requests.document["requests"] if r["key"] != "grb"]}
    left = read_requests_document(left)
    document = copy.deepcopy(planned)
    document["requests"] = left.digest
    document["made"] |= {"parent": schedule.digest, "now": "2026-11-22T13:20:00Z"}
    document["visits"] = [v for v in document["visits"] if v["request"] != "grb" or v["visit"] != "later"]
    for row in document["visits"][:2]:
        row["state"] = {"imaging": "done", "spectrum": "running"}[row["visit"]]
    stop = "Under way, and its request was withdrawn; stop it if you can (UTC): 11-22 13:13:00 grb/spectrum."
    for visits, name in ((document["visits"], "beside others"), (document["visits"][:2], "alone")):
        after = read_schedule_document(document | {"visits": visits})
        made = {
            (form, d.telescope): _words(d)
            for form in ("text", "sheet")
            for d in draft(form, telescopes, left, after, None, [schedule])
        }
        assert all(stop in made[form, "xinglong_216"] for form in ("text", "sheet")), name
        assert all("Under way" not in made[form, "palma_1"] for form in ("text", "sheet")), name
        calendar = draft("ics", telescopes, left, after, None, [schedule])[0].text.replace("\r\n ", "")
        assert calendar.count("withdrawn: stop it") == 1, "what is done cannot be stopped"


def _words(one: Any) -> str:
    """The text of a draft, a page's too, on one line."""
    if one.media_type == "text/plain":
        return " ".join(one.text.split())
    import pypdfium2

    pages = pypdfium2.PdfDocument(one.content)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pages).split())


def test_an_empty_schedule_has_no_drafts(telescopes: Any, requests: Any, planned: Any) -> None:
    empty = table_of_schedule(planned | {"visits": []})
    with pytest.raises(EmptyResult, match="no visit"):
        draft_observations(empty, table_of_telescopes(telescopes.document), table_of_requests(requests.document), "ics")


@pytest.mark.parametrize("form", FORMS)
def test_what_was_observed_of_a_withdrawn_request_is_asked_of_nobody(form: str, telescopes: Any, requests: Any, planned: Any, details: Any) -> None:  # fmt: skip
    gone = planned["visits"][0]["request"]
    left = {**requests.document, "requests": [r for r in requests.document["requests"] if r["key"] != gone]}
    left = read_requests_document(left, "requests")
    visits = [{**v, "state": "done"} if v["request"] == gone else v for v in planned["visits"]]
    after = {
        **planned,
        "requests": left.digest,
        "visits": visits,
        "made": {**planned["made"], "now": visits[-1]["end"]},
    }
    before = draft(form, telescopes, requests, read_schedule_document(planned, "schedule"), details)
    drafts = draft(form, telescopes, left, read_schedule_document(after, "schedule"), details)
    assert len(drafts) <= len(before) and (
        drafts or form == "treasure_map"
    )  # whose only pointings were of that request
    if form == "ics":
        assert "STATUS:CANCELLED" not in "".join(d.text for d in drafts), "it was observed"
    elif form != "sheet":
        assert not any(f'"{gone}"' in d.text for d in drafts)


def test_values_of_a_telescope_that_nobody_was_found_to_say_are_told(
    telescopes: Any, requests: Any, planned: Any
) -> None:
    document = copy.deepcopy(telescopes.document)
    rows = {row["key"]: row for row in document["telescopes"]}
    key = planned["visits"][0]["telescope"]
    rows[key]["sources"] = {**rows[key].get("sources", {}), "limits.altitude_min": "assumed: nobody says"}
    changed = read_telescopes_document(document, "telescopes")
    schedule = read_schedule_document({**planned, "telescopes": changed.digest}, "schedule")
    drafts = draft("csv", changed, requests, schedule)
    told = {d.telescope: [w for w in d.warnings if "assumed" in w] for d in drafts}
    low = f"limits assumed: altitude above {rows[key]['limits']['altitude_min']:g}°"
    assert len(told[key]) == 1 and low in told[key][0]
    assert all(low not in w for other, said in told.items() if other != key for w in said)
    assert not any("assumed" in w for d in draft("gcn_circular", changed, requests, schedule) for w in d.warnings)


def test_the_how_to_lists_every_detail() -> None:
    page = Path(__file__).parents[4] / "docs" / "how-to" / "hand-over-observations.md"
    text = page.read_text(encoding="utf-8")
    assert [w for w in KNOWN if f"`{w}`" not in text] == []


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()

"""Circulars, notices and packets: plain, of the plan alone, and telling what changed."""

from __future__ import annotations

import copy
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document
from gnomon.tools.observing.drafts.drafting import draft


def test_a_circular(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    text = next(d for d in draft("gcn_circular", telescopes, requests, schedule, details) if "grb" in d.name).text
    subject, blank, *body = text.split("\n")
    assert subject == "SUBJECT: GRB 261122A: Xinglong 2.16 m, Palma 1 m planned observations" and blank == ""
    assert text.isascii() and body[0] == "A. Person (Example U.) report:"
    table = [line for line in body if " 11-22 " in line]
    assert len(table) == 3 and all(len(line) <= 79 for line in table)
    assert "V 3x60, R 2x120" in table[0] and "uncertainty of 1.98 arcmin" in text
    assert "RA(J2000)  = 02:40:00.00" in text


def test_every_number_of_a_circular_is_in_the_documents(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:  # fmt: skip
    for made in draft("gcn_circular", telescopes, requests, schedule, details):
        known = json.dumps([telescopes.document, requests.document, details], ensure_ascii=False)
        times = {v.start for v in schedule.visits}
        body = made.text.split("Exposures\n")[1].split("\n\nContact")[0]
        for count, seconds in re.findall(r"(\d+)x(\d+)", body):
            assert f"[{count}, {seconds}]" in known
        assert len(re.findall(r"2026-11-22 \d\d:\d\d", body)) <= len(times)


def test_many_exposures_stay_in_their_columns(telescopes: Any, requests: Any, planned: Any, details: Any) -> None:
    wide, document = copy.deepcopy(telescopes.document), copy.deepcopy(requests.document)
    bands = [f"filter{n}" for n in range(9)]
    wide["telescopes"][1]["instruments"][0]["modes"][0]["bands"] += bands
    wide["telescopes"][1]["name"] = "A telescope with quite a long name of its own"
    visit = document["requests"][0]["visits"][2]
    visit |= {"bands": bands, "exposures": [[10, 120]]}
    from gnomon.tools.observing.documents.telescopes import read_telescopes_document

    there, wished = read_telescopes_document(wide), read_requests_document(document)
    changed = copy.deepcopy(planned) | {"telescopes": there.digest, "requests": wished.digest}
    changed["visits"][3]["bands"] = bands
    text = next(
        d for d in draft("gcn_circular", there, wished, read_schedule_document(changed), details) if "grb" in d.name
    ).text
    rows = text.split("Exposures\n")[1].split("\n\n")[0].split("\n")
    assert max(len(r) for r in rows) <= 79 and all(f"{b} 10x120" in text for b in bands)


def test_gcn_refuses_some_subjects(telescopes: Any, requests: Any, schedule: Any, details: Any) -> None:
    details["gcn_circular"]["event"]["grb"] = "GRB 261122A re: vacation"
    with pytest.raises(InputError, match="automatic reply"):
        draft("gcn_circular", telescopes, requests, schedule, details)
    details["gcn_circular"]["event"]["grb"] = "NGC 1068"
    made = next(d for d in draft("gcn_circular", telescopes, requests, schedule, details) if "grb" in d.name)
    assert any("name of an event" in m for m in made.missing)
    details["gcn_circular"]["event"]["grb"] = "GRB 261122A?\r\nBcc: all"
    made = next(d for d in draft("gcn_circular", telescopes, requests, schedule, details) if "grb" in d.name)
    assert made.text.split("\n")[0].startswith("SUBJECT: GRB 261122A Bcc: all:") and "?" not in made.text.split("\n")[0]
    details["gcn_circular"]["authors"] = "李伟"
    made = next(d for d in draft("gcn_circular", telescopes, requests, schedule, details) if "grb" in d.name)
    assert made.text.isascii() and any("authors in ASCII" in m for m in made.missing)


def test_notices_tell_what_changed(telescopes: Any, requests: Any, schedule: Any, replanned: Any, details: Any) -> None:
    first = {d.name: json.loads(d.content) for d in draft("gcn_json", telescopes, requests, schedule, details)}
    again = {
        d.name: json.loads(d.content) for d in draft("gcn_json", telescopes, requests, replanned, details, [schedule])
    }
    assert {n["alert_type"] for n in first.values()} == {"initial"}
    types = {name: (n["alert_type"], n["record_number"]) for name, n in again.items()}
    assert types["gcn-xinglong_216-hostile-v.json"] == ("update", 2)
    assert types["gcn-palma_1-rock-v.json"] == ("retraction", 2)
    assert types["gcn-xinglong_216-grb-imaging.json"] == ("initial", 1)
    for name, notice in again.items():
        assert notice["id"] == first[name]["id"]
    notice = first["gcn-xinglong_216-grb-imaging.json"]
    assert notice["observation_start"] == "2026-11-22T13:00:00Z" and notice["observation_livetime"] == 420.0
    assert notice["ref_ID"] == "sb26112201" and "ref_ID" not in first["gcn-xinglong_216-hostile-v.json"]


def test_packets_read_back(telescopes: Any, requests: Any, schedule: Any, replanned: Any, details: Any) -> None:
    made = {d.name: d for d in draft("voevent", telescopes, requests, replanned, details, [schedule])}
    root = ElementTree.fromstring(made["voevent-xinglong_216-hostile-v.xml"].content)
    assert root.attrib["role"] == "utility" and root.attrib["ivorn"].startswith("ivo://example.org/followup#")
    assert root.attrib["ivorn"].endswith("-1")
    # The name is text: nothing of it became an element.
    assert root.find("Why/Name").text == '=HYPERLINK("http://x") BEGIN:VEVENT, <b>&; 变星'  # type: ignore[union-attr]
    (cited,) = root.findall("Citations/EventIVORN")
    assert cited.attrib == {"cite": "supersedes"} and cited.text == root.attrib["ivorn"][:-1] + "0"
    c1, c2 = (float(root.findtext(f".//Position2D/Value2/{c}") or "nan") for c in ("C1", "C2"))
    assert (c1, c2) == pytest.approx((60.0009, -5.0003), abs=1e-5)
    assert root.findtext(".//ISOTime") == "2026-11-22T15:10:00"
    gone = ElementTree.fromstring(made["voevent-palma_1-rock-v.xml"].content)
    assert gone.find("WhereWhen") is None
    assert gone.find("Citations/EventIVORN").attrib == {"cite": "retraction"}  # type: ignore[union-attr]
    group = ElementTree.fromstring(made["voevent-xinglong_216-grb-imaging.xml"].content).findall("What/Group")
    assert [p.attrib["value"] for p in group[0]] == ["V", "3", "60.0"]


def test_packets_satisfy_the_published_schema(telescopes: Any, requests: Any, schedule: Any, replanned: Any, details: Any) -> None:  # fmt: skip
    voeventparse = pytest.importorskip("voeventparse", reason="voevent-parse holds the published schema")
    for arguments in ((schedule, details), (replanned, details, [schedule])):
        for made in draft("voevent", telescopes, requests, *arguments):
            voeventparse.assert_valid_as_v2_0(voeventparse.loads(made.content))


def test_a_packet_without_an_author_has_no_identifier(telescopes: Any, requests: Any, schedule: Any) -> None:
    made = draft("voevent", telescopes, requests, schedule)[0]
    root = ElementTree.fromstring(made.content)
    assert root.attrib["ivorn"] == "" and root.findtext("Who/AuthorIVORN") in ("", None)
    assert any("authority" in m for m in made.missing) and any("date" in m for m in made.missing)

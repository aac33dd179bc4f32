"""Rules as documents, and what they propose."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
from tests.tools.observing.alerts.samples import FERMI, packet

from gnomon.knowledge import telescopes
from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.conditions import FIELDS
from gnomon.tools.observing.alerts.packets import read_packet
from gnomon.tools.observing.alerts.proposals import changes, proposal_id, proposed, slug, target_of, why_not
from gnomon.tools.observing.alerts.rules import read_rules_document, rules_in, telescopes_named
from gnomon.tools.observing.documents.fields import read_document
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.telescopes import read_telescopes_document

RULE: dict[str, Any] = {
    "key": "bursts",
    "title": "Bursts",
    "when": {"all": [{"field": "source", "is": "fermi"}, {"observable": {"telescopes": ["c"], "during": 1, "least": 1, "unit": "h"}}]},
    "propose": {
        "priority": 100,
        "span": {"value": 12, "unit": "h"},
        "expires": {"value": 30, "unit": "min"},
        "telescopes": ["a"],
        "defaults": {"airmass_max": 2.0},
        "requests": [
            {"key": "image", "visits": [{"key": "first", "mode": "imaging", "bands": ["r"], "exposures": [[3, 60]]},
                                        {"key": "again", "mode": "imaging", "exposures": [[3, 60]], "telescopes": ["b"]}],
             "relations": [{"first": "first", "then": "again", "from": "end", "min": 0, "max": 7200}]},
            {"key": "spectrum", "priority": 7, "visits": [{"key": "only", "mode": "spectroscopy", "exposures": [[1, 900]]}]},
        ],
    },
}  # fmt: skip


def document(**changed: Any) -> dict[str, Any]:
    return {"form": "gnomon alert rules", "version": 1, "rules": [{**copy.deepcopy(RULE), **changed}]}


def test_a_rule_proposes_a_requests_document_that_can_be_read() -> None:
    (rule,) = read_rules_document(document())
    alert = read_packet(packet(FERMI, mag=18.5, filter="r")).alerts[0]

    told = proposed(rule, alert, alert.event, 61366.5)["requests"]
    read = read_requests_document(told)
    assert list(read.requests) == ["fermi-745121685.bursts.image", "fermi-745121685.bursts.spectrum"]
    image, spectrum = read.requests.values()
    assert (image.priority, spectrum.priority) == (100, 7) and len(image.relations) == 1
    assert [v.telescopes for v in image.visits] == [("a",), ("b",)]
    assert (image.target.ra, image.target.dec, image.target.error) == (235.883, 68.683, 7.15)
    assert image.target.magnitude == {"r": 18.5} and image.target.name == "745121685"
    assert read.span == (61366.5, pytest.approx(61367.0)) and image.visits[0].airmass_max == 2.0
    assert telescopes_named(rule) == ("a", "b", "c")


def test_without_a_place_nothing_can_be_proposed() -> None:
    (rule,) = read_rules_document(document())
    alert = read_packet(packet(FERMI, ra=None, dec=None)).alerts[0]
    assert target_of(alert) is None and why_not(rule, alert) == "the alert gives no position"
    tiles = {**RULE["propose"], "place": "sky_map"}
    tiles.pop("requests")
    (tiling,) = read_rules_document(document(propose=tiles))
    assert "no sky map" in why_not(tiling, alert)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"key": "bad key"}, "letters, digits and underscores"),
        ({"wenn": {}}, "'wenn'"),
        ({"when": None}, "has no when"),
        ({"when": {"field": "distance", "below": 9}}, "needs a unit"),
        ({"propose": None}, "has no propose"),
        ({"propose": {**RULE["propose"], "priority": 0}}, "priority"),
        ({"propose": {**RULE["propose"], "span": {"value": 12}}}, "unit"),
        ({"propose": {**RULE["propose"], "span": 12}}, "must be a mapping"),
        ({"propose": {**RULE["propose"], "expires": {"value": 1, "unit": "weeks"}}}, "one of s, min, h, d"),
        ({"propose": {**RULE["propose"], "requests": []}}, "has no request"),
        ({"propose": {**RULE["propose"], "place": "sky_map"}}, "the place is a sky map"),
        ({"propose": {**RULE["propose"], "requests": [{"key": "a", "target": {}, "visits": []}]}}, "has a target"),
        (
            {
                "propose": {
                    **RULE["propose"],
                    "requests": [{"key": "a", "visits": [{"key": "v", "mode": "radar", "exposures": [[1, 9]]}]}],
                }
            },
            "mode",
        ),
        ({"propose": {**RULE["propose"], "requests": [{"key": "a", "visits": [1]}]}}, "no mapping"),
        ({"propose": {**RULE["propose"], "submit": True}}, "'submit'"),
    ],
)
def test_what_is_wrong_in_a_rule_is_told_before_an_alert_comes(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as told:
        read_rules_document(document(**changed))
    assert said in told.value.what
    assert "docs/" in told.value.remedy


@pytest.mark.parametrize(
    ("changed", "page"),
    [
        ({"wenn": {}}, "watch-alerts"),
        ({"key": "bad key"}, "watch-alerts"),
        ({"propose": {**RULE["propose"], "prioritty": 3}}, "watch-alerts"),
        ({"propose": {**RULE["propose"], "span": {"value": 12, "unit": "hours"}}}, "watch-alerts"),
        ({"propose": {**RULE["propose"], "priority": "high"}}, "watch-alerts"),
        ({"propose": {**RULE["propose"], "defaults": {"airmas_max": 2}}}, "observing"),
        ({"propose": {**RULE["propose"], "requests": [{"key": "a", "visits": [{"key": "v", "mode": "radar", "exposures": [[1, 9]]}]}]}}, "observing"),
    ],
)  # fmt: skip
def test_a_mistake_points_to_the_page_that_lists_what_may_stand_there(changed: dict[str, Any], page: str) -> None:
    with pytest.raises(InputError) as told:
        read_rules_document(document(**changed))
    assert f"/{page}.md" in told.value.remedy
    assert told.value.remedy.count("docs/") == 1


def test_a_file_that_holds_no_rules_points_there_too(tmp_path: Path) -> None:
    for text in ("", "- 1\n", "form: [", "form: gnomon observing requests\nversion: 1\n"):
        (tmp_path / "rules.yaml").write_text(text)
        with pytest.raises(InputError) as told:
            rules_in(tmp_path / "rules.yaml")
        assert "docs/how-to/watch-alerts.md" in told.value.remedy


def test_rules_have_keys_of_their_own_and_a_digest_of_all_they_say(tmp_path: Path) -> None:
    twice = document()
    twice["rules"] *= 2
    with pytest.raises(InputError, match="twice"):
        read_rules_document(twice)
    with pytest.raises(InputError, match="no rule"):
        read_rules_document({"form": "gnomon alert rules", "version": 1, "rules": []})
    first, other = read_rules_document(document())[0], read_rules_document(document(title="bursts"))[0]
    assert first.digest != other.digest and first.digest == read_rules_document(document())[0].digest
    with pytest.raises(InputError, match="no file"):
        rules_in(tmp_path / "none.yaml")


def test_changes_are_the_least_that_leads_from_one_document_to_another() -> None:
    one, two, three = ({"key": k, "priority": p} for k, p in (("a", 1), ("b", 1), ("b", 2)))
    told = changes({"requests": [one, two]}, {"requests": [three, {"key": "c"}]}, 61366.5, "why")
    assert [(e["kind"], e["request"] if isinstance(e["request"], str) else e["request"]["key"]) for e in told] == [
        ("changed_request", "b"), ("new_request", "c"), ("withdrawn_request", "a"),
    ]  # fmt: skip
    assert {e["time"] for e in told} == {"2026-11-22T12:00:00Z"}
    assert changes({"requests": [one]}, {"requests": [one]}, 61366.5, "") == []


def test_the_rules_of_the_how_to_are_good() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "how-to" / "watch-alerts.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.S)
    rules = read_rules_document(read_document(text, "the how-to"))
    assert [r.key for r in rules] == ["close_mergers", "bursts"] and not {
        k for r in rules for k in telescopes_named(r)
    } - set(read_telescopes_document(telescopes.builtin()).telescopes)


def test_each_field_of_a_condition_is_in_the_how_to() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "how-to" / "watch-alerts.md").read_text(encoding="utf-8")
    assert not [name for name in FIELDS if not re.search(rf"\b{name}\b", page)]


def test_names_of_proposals_are_plain_and_differ() -> None:
    assert slug("../../etc: x\x1b[2J") == "etc-x-2J" and slug("::") == "event"
    assert proposal_id("a:b", "r", 1) != proposal_id("a b", "r", 1)
    assert "/" not in proposal_id("x/../y", "r", 1)

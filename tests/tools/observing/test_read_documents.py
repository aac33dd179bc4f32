"""Readers of telescopes and requests documents, as files that a person attaches."""

import json
from pathlib import Path

import pytest
from tests.tools.observing.documents.test_documents import REQUESTS, TELESCOPES

from gnomon.tools.errors import InputError
from gnomon.tools.observing.read_observing_requests import read_observing_requests, recognise_requests
from gnomon.tools.observing.read_schedule import read_schedule, recognise_schedule
from gnomon.tools.observing.read_telescopes import read_telescopes, recognise_telescopes


def test_each_document_is_recognised_by_its_reader_alone(tmp_path: Path):
    telescopes, requests = tmp_path / "t.yaml", tmp_path / "r.yaml"
    telescopes.write_text(TELESCOPES, encoding="utf-8")
    requests.write_text(REQUESTS, encoding="utf-8")
    assert recognise_telescopes(telescopes)["found"] == "1 telescopes at 1 sites: Xinglong 2.16 m"
    assert recognise_requests(requests)["rows"] == 3
    assert recognise_requests(telescopes) is None and recognise_telescopes(requests) is None
    assert len(read_telescopes(telescopes)) == 2
    assert len(read_observing_requests(requests)) == 8


def test_other_files_are_not_taken(tmp_path: Path):
    for name, content in (("a.csv", b"x,y\n1,2\n"), ("b.fits", bytes(range(256)) * 20), ("empty", b"")):
        path = tmp_path / name
        path.write_bytes(content)
        assert recognise_telescopes(path) is None and recognise_requests(path) is None


def test_a_broken_document_is_told_and_not_passed_over(tmp_path: Path):
    path = tmp_path / "r.yaml"
    path.write_text(REQUESTS.replace("priority: 100", "priority: high"), encoding="utf-8")
    with pytest.raises(InputError, match="request 'grb': priority must be a number"):
        recognise_requests(path)


def test_a_schedule_is_read_and_recognised(tmp_path: Path):
    path = tmp_path / "schedule.json"
    visit = {"request": "grb", "visit": "v", "telescope": "t", "instrument": "i", "bands": ["V"], "start": "2026-11-22T12:00:00Z", "end": "2026-11-22T12:10:00Z", "state": "planned"}  # fmt: skip
    document = {"form": "gnomon schedule", "version": 1, "telescopes": "a" * 64, "requests": "b" * 64, "span": {"start": "2026-11-22T08:00:00Z", "end": "2026-11-23T08:00:00Z"}, "made": {}, "score": 1.0, "bound": None, "visits": [visit], "unscheduled": []}  # fmt: skip
    path.write_text(json.dumps(document), encoding="utf-8")
    assert recognise_schedule(path)["found"] == "a schedule of 1 visits on 1 telescopes"
    table = read_schedule(path)
    assert len(table) == 1 and table.meta["document"] == document
    path.write_text(json.dumps({**document, "visits": [{**visit, "start": "soon"}]}), encoding="utf-8")
    with pytest.raises(InputError, match="'soon' is no time"):
        read_schedule(path)

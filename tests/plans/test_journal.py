"""The journal: nothing can be altered, and a kill leaves at most one torn line."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnomon.plans.journal import GENESIS, Journal, read_events
from gnomon.tools.errors import JournalError


@pytest.fixture
def path(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(5):
        journal.append("event", number=number, text="星")
    return journal.path


def test_chain(path) -> None:
    events = read_events(path)
    assert [e["number"] for e in events] == list(range(5))
    assert [e["seq"] for e in events] == [1, 2, 3, 4, 5]
    assert events[0]["prev"] == GENESIS
    assert len({e["prev"] for e in events}) == 5


def test_goes_on_where_it_was(path) -> None:
    Journal(path).append("more")
    assert [e["event"] for e in read_events(path)] == ["event"] * 5 + ["more"]


def _lines(path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1]


@pytest.mark.parametrize("change", ["digit", "remove", "swap", "insert", "space"])
def test_every_alteration_is_seen(path, change: str) -> None:
    lines = _lines(path)
    if change == "digit":
        lines[2] = lines[2].replace(b'"number":2', b'"number":7')
    elif change == "remove":
        del lines[1]
    elif change == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    elif change == "insert":
        lines.insert(2, lines[1])
    else:
        lines[3] = lines[3].replace(b'"number":', b'"number": ')
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(JournalError, match="Line"):
        read_events(path)
    with pytest.raises(JournalError):
        Journal(path)


@pytest.mark.parametrize(
    ("edited", "where"),
    [
        ({2: "text"}, "Line 2 was altered"),
        ({4: "text"}, "Line 4 or 5 was altered"),  # the last line knows, and nobody knows the last line
        ({3: "prev"}, "Line 3 was altered"),
        ({1: "prev"}, "Line 1 was altered"),
        ({2: "seq"}, "Line 2 was altered, or lines before it were removed or added"),
    ],
)
def test_the_line_that_was_edited_is_named(path, edited: dict[int, str], where: str) -> None:
    lines = _lines(path)
    for number, key in edited.items():
        event = json.loads(lines[number - 1])
        event[key] = {"text": "月", "prev": "0" * 63 + "1", "seq": 9}[key]
        lines[number - 1] = json.dumps(event, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(JournalError) as told:
        read_events(path)
    assert told.value.what.startswith(where)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(cut=st.integers(1, 10_000))
def test_any_torn_end_is_set_aside_and_nothing_is_lost(path, cut: int) -> None:
    whole = path.read_bytes()
    cut = min(cut, len(whole) - 1)
    torn = path.parent / f"torn-{cut}.jsonl"
    torn.with_suffix(".torn").unlink(missing_ok=True)
    torn.write_bytes(whole[:-cut])
    kept = torn.read_bytes().count(b"\n")
    ends_whole = torn.read_bytes().endswith(b"\n") or not torn.read_bytes()
    assert len(read_events(torn, being_written=True)) == kept
    journal = Journal(torn)
    journal.append("after")
    events = [e["event"] for e in read_events(torn)]
    assert events == ["event"] * kept + ([] if ends_whole else ["journal.recovered"]) + ["after"]
    if not ends_whole:
        aside = torn.with_suffix(".torn").read_bytes()
        assert aside == whole[:-cut][whole[:-cut].rfind(b"\n") + 1 :] + b"\n"


def test_reader_refuses_a_torn_line_of_a_finished_journal(path) -> None:
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(JournalError, match="never finished"):
        read_events(path)


def test_lines_are_canonical_json(path) -> None:
    from gnomon.plans.canonical import canonical

    for line in _lines(path):
        assert canonical(json.loads(line)) == line

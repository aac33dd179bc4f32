"""The stream: each alert once, versions, proposals, and nothing lost where it is stopped."""

from __future__ import annotations

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.tools.observing.alerts.samples import FERMI, LVK, disc_map, packet, voevent
from tests.tools.observing.alerts.test_rules import RULE, document

from gnomon.eval.alert_packets import INJECTED, night
from gnomon.eval.alerts import RULES, contents, differences
from gnomon.tools.errors import StoreError
from gnomon.tools.observing.alerts import stream as stream_module
from gnomon.tools.observing.alerts.rules import Rule, read_rules_document, rules_in
from gnomon.tools.observing.alerts.sources import take_file, watch_folder
from gnomon.tools.observing.alerts.stream import AlertStream, Taken, clock_of_notices
from gnomon.tools.observing.documents.fields import read_document
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.scheduling.events import read_events_document, updated_requests

WHEN: dict[str, Any] = {
    "all": [{"field": "error", "at_most": 10, "unit": "deg"}, {"field": "age", "below": 1, "unit": "h"}]
}


def rules(**changed: Any) -> tuple[Rule, ...]:
    return read_rules_document(document(**{"when": WHEN, **changed}))


def opened(folder: Path, **told: Any) -> AlertStream:
    return AlertStream(folder, told.pop("rules", rules()), clock=clock_of_notices, durable=False, **told)


def what(taken: Taken) -> list[tuple[str, tuple[str, ...]]]:
    return [(o.what, tuple(w for _name, w in o.proposals)) for o in taken.outcomes]


def written(folder: Path, step: int, part: str) -> Any:
    (path,) = folder.glob(f"proposals/*/{step}.{part}.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_match_becomes_documents_and_says_why(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        taken = stream.accept(packet(FERMI), "file")
    assert what(taken) == [("new", ("opened",))]

    requests = read_requests_document(written(tmp_path, 1, "requests"))
    assert len(requests.requests) == 2
    events = written(tmp_path, 1, "events")
    assert events["form"] == "gnomon observing events" and {e["kind"] for e in events["events"]} == {"new_request"}
    assert [e["request"]["key"] for e in events["events"]] == list(requests.requests)
    record = written(tmp_path, 1, "record")
    assert record["rule"]["key"] == "bursts" and record["requests"] == requests.digest and record["state"] == "open"
    assert record["verdict"]["answer"] == "yes" and len(record["verdict"]["why"]["parts"]) == 2
    assert record["expires"] == "2026-11-22T12:45:13Z"


def test_the_same_alert_by_other_ways_counts_once(tmp_path: Path) -> None:
    again = json.dumps(dict(sorted(FERMI.items())), indent=2).encode()
    with opened(tmp_path) as stream:
        for content, route in ((packet(FERMI), "file"), (packet(FERMI), "kafka x 0"), (again, "folder")):
            taken = stream.accept(content, route)
        assert what(taken) == [("duplicate", ())]
        counts = stream.ledger.counts()
        assert (counts["packets"], counts["alerts"], counts["duplicates"], counts["proposals_opened"]) == (3, 3, 2, 1)
        (alert,) = stream.ledger.notices("fermi:745121685")
        assert stream.ledger.sightings(alert.content) == {"file": 1, "kafka x 0": 1, "folder": 1}
        assert stream.ledger.packet(alert.digest) == packet(FERMI)


def test_an_update_changes_and_a_late_one_does_not(tmp_path: Path) -> None:
    moved = packet(FERMI, record_number=6, ra=236.0, alert_datetime="2026-11-22T12:20:00")
    with opened(tmp_path) as stream:
        assert what(stream.accept(packet(FERMI), "file")) == [("new", ("opened",))]
        assert what(stream.accept(moved, "file")) == [("update", ("changed",))]
        late = packet(FERMI, record_number=5, ra=100.0, alert_datetime="2026-11-22T12:18:00")
        assert what(stream.accept(late, "file")) == [("late", ())]
        known = stream.ledger.event("fermi:745121685")
    assert known is not None and known[0].ra == 236.0 and known[2] == 3
    events = written(tmp_path, 2, "events")["events"]
    assert {e["kind"] for e in events} == {"changed_request"} and events[0]["request"]["target"]["ra"] == 236.0
    assert written(tmp_path, 2, "requests")["span"] == written(tmp_path, 1, "requests")["span"]
    assert not list(tmp_path.glob("proposals/*/3.*"))


def test_the_replanner_takes_up_what_is_proposed(tmp_path: Path) -> None:
    """Events of each step lead from the requests of the step before to those of this one, by the replanner's own reading of them."""
    with opened(tmp_path) as stream:
        stream.accept(packet(FERMI), "file")
        stream.accept(packet(FERMI, record_number=5, ra=236.0), "file")
        stream.accept(packet(FERMI, record_number=6, alert_type="retraction"), "file")
    first, second = written(tmp_path, 1, "requests"), written(tmp_path, 2, "requests")
    new, changed, withdrawn = (read_events_document(written(tmp_path, n, "events")) for n in (1, 2, 3))
    assert updated_requests({**first, "requests": []}, new) == first
    assert updated_requests(first, changed) == second != first
    assert updated_requests(second, withdrawn)["requests"] == []


def test_an_update_of_other_things_leaves_the_proposal(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        stream.accept(packet(FERMI), "file")
        other = packet(FERMI, record_number=5, ra=None, dec=None, ra_dec_error=None, far=1e-9)
        assert what(stream.accept(other, "file")) == [("update", ())]


def test_a_retraction_withdraws_for_good_and_a_later_notice_opens_anew(tmp_path: Path) -> None:
    retraction = packet(FERMI, record_number=5, alert_type="retraction", ra=None, dec=None, ra_dec_error=None)
    with opened(tmp_path) as stream:
        stream.accept(packet(FERMI), "file")
        assert what(stream.accept(retraction, "file")) == [("retraction", ("withdrawn",))]
        older = packet(FERMI, record_number=3, ra=1.0)
        assert what(stream.accept(older, "file")) == [("late", ())]
        assert stream.ledger.events()[0]["retracted"] is True
        (row,) = stream.ledger.proposals()
        assert row["state"] == "withdrawn"
        later = packet(FERMI, record_number=6, ra=3.0)
        assert what(stream.accept(later, "file")) == [("update", ("opened",))]
        assert len(stream.ledger.proposals()) == 2
    (withdrawn,) = tmp_path.glob("proposals/*-1/2.events.json")
    events = json.loads(withdrawn.read_text())["events"]
    assert [e["kind"] for e in events] == ["withdrawn_request"] * 2
    assert events[0]["request"] == "fermi-745121685.bursts.image" and "retracted" in events[0]["why"]


def test_a_retraction_before_its_alert_lets_nothing_be_proposed(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        retraction = packet(FERMI, record_number=9, alert_type="retraction", ra=None, dec=None, ra_dec_error=None)
        assert what(stream.accept(retraction, "file")) == [("retraction", ())]
        assert what(stream.accept(packet(FERMI), "file")) == [("late", ())]
        assert stream.ledger.proposals() == []


def test_what_no_longer_matches_is_withdrawn_and_time_alone_withdraws_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        stream.accept(packet(FERMI), "file")
        # Two hours later the age is beyond the rule's, but it was proposed in time.
        later = packet(FERMI, record_number=5, alert_datetime="2026-11-22T12:40:13", ra=200.0)
        assert what(stream.accept(later, "file")) == [("update", ("changed",))]
        wide = packet(FERMI, record_number=6, ra_dec_error=40)
        assert what(stream.accept(wide, "file")) == [("update", ("withdrawn",))]
        assert "no longer matches" in written(tmp_path, 3, "record")["why"]


def test_after_it_expired_nothing_is_changed_but_a_retraction_is_told(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        stream.accept(packet(FERMI), "file")
        later = packet(FERMI, record_number=5, alert_datetime="2026-11-22T15:00:00", ra=200.0)
        assert what(stream.accept(later, "file")) == [("update", ())]
        end = packet(FERMI, record_number=6, alert_type="retraction", alert_datetime="2026-11-22T16:00:00")
        assert what(stream.accept(end, "file")) == [("retraction", ("withdrawn",))]


def test_unknown_does_not_match_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        assert what(stream.accept(packet(FERMI, ra_dec_error=None), "file")) == [("new", ())]
        (verdict,) = stream.ledger.verdicts("fermi:745121685")
        assert verdict["answer"] == "unknown" and verdict["why"]["parts"][0]["found"] == "the alert gives no error"


def test_a_match_without_a_place_is_told(tmp_path: Path) -> None:
    with opened(tmp_path, rules=rules(when={"field": "source", "is": "fermi"})) as stream:
        assert what(stream.accept(packet(FERMI, ra=None, dec=None), "file")) == [("new", ())]
        (verdict,) = stream.ledger.verdicts("fermi:745121685")
        assert verdict["answer"] == "yes" and verdict["nothing_proposed"] == "the alert gives no position"


@pytest.mark.parametrize("kind", ["initial", "retraction"])
def test_a_test_neither_proposes_nor_touches_the_real_event(tmp_path: Path, kind: str) -> None:
    with opened(tmp_path) as stream:
        stream.accept(packet(FERMI), "file")
        drill = packet(FERMI, record_number=9, alert_tense="test", alert_type=kind, ra=0.5)
        (outcome,) = stream.accept(drill, "file").outcomes
        assert outcome.event == "fermi:745121685 [test]" and outcome.proposals == ()
        known = stream.ledger.event("fermi:745121685")
        assert known is not None and known[0].ra == FERMI["ra"] and known[1] is False
        assert [p["state"] for p in stream.ledger.proposals()] == ["open"]


def test_a_map_is_kept_and_proposed_for_tiling(tmp_path: Path) -> None:
    import base64

    tiles = {k: v for k, v in RULE["propose"].items() if k != "requests"} | {"place": "sky_map"}
    content = disc_map()
    event = {**LVK["event"], "skymap": base64.b64encode(content).decode()}
    when = {
        "all": [{"field": "area", "below": 200, "unit": "deg2"}, {"field": "distance", "below": 200, "unit": "Mpc"}]
    }
    with opened(tmp_path, rules=rules(when=when, propose=tiles)) as stream:
        assert what(stream.accept(packet(LVK, event=event), "file")) == [("new", ("opened",))]
    tiling = written(tmp_path, 1, "record")["tiling"]
    assert (tmp_path / tiling["sky_map"]).read_bytes() == content and tiling["telescopes"] == ["a"]


def test_text_in_an_alert_moves_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        plain = stream.accept(packet(FERMI, ra_dec_error=40), "file")
        told = stream.accept(packet(FERMI, ra_dec_error=40, additional_info=INJECTED, event_name=INJECTED), "file")
        assert what(plain)[0][1] == what(told)[0][1] == ()
        assert stream.ledger.proposals() == []


def test_what_cannot_be_read_is_kept_with_its_reason_and_stops_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        for _ in range(3):
            assert stream.accept(b'{"id": ', "kafka x 0", "kafka x 0", "7").reason.startswith("The JSON is broken")
        assert what(stream.accept(packet(FERMI), "kafka x 0", "kafka x 0", "8")) == [("new", ("opened",))]
        (row,) = stream.ledger.quarantined()
        assert (row["times"], row["size"], row["route"]) == (3, 7, "kafka x 0")
        assert stream.ledger.counts()["quarantined"] == 3 and stream.ledger.position("kafka x 0") == "8"


def test_a_packet_is_taken_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something fails in the middle, neither the alert nor the position of its stream is there, and it can come again."""
    with opened(tmp_path) as stream:
        stream.accept(b"{", "s", "s", "1")

        def failing(*_told: Any) -> None:
            raise OSError("no room")

        monkeypatch.setattr(stream.ledger, "keep_proposal", failing)
        with pytest.raises(OSError, match="no room"):
            stream.accept(packet(FERMI), "s", "s", "2")
        assert stream.ledger.position("s") == "1" and stream.ledger.events() == []
        monkeypatch.undo()
        assert what(stream.accept(packet(FERMI), "s", "s", "2")) == [("new", ("opened",))]


def test_documents_that_were_not_written_are_written_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_told: Any) -> None:
        raise StoreError(f"{path.name} cannot be written: No space left on device.")

    with opened(tmp_path) as stream:
        monkeypatch.setattr(stream_module, "_write", full)
        with pytest.raises(StoreError, match="No space"):
            stream.accept(packet(FERMI), "file")
        monkeypatch.undo()
    assert not list(tmp_path.glob("proposals/*/*"))
    with opened(tmp_path) as stream:
        assert len(list(tmp_path.glob("proposals/*/1.*.json"))) == 3 and stream.ledger.waiting() == []
        assert what(stream.accept(packet(FERMI), "file")) == [("duplicate", ())]


def test_an_older_or_broken_record_is_refused_in_a_sentence(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "alerts.sqlite")
    base.execute("PRAGMA user_version=99")
    base.close()
    with pytest.raises(StoreError, match="version 99"):
        AlertStream(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "alerts.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        AlertStream(tmp_path / "x")


def test_a_night_ends_as_it_should_in_any_order(tmp_path: Path) -> None:
    made = night(400, 5)
    with opened(tmp_path / "a", rules=()) as stream:
        for content in made.packets:
            stream.accept(content, "file")
    assert differences(made, tmp_path / "a") == []
    with opened(tmp_path / "b", rules=()) as stream:
        for content in reversed(made.packets):
            stream.accept(content, "file")
    assert differences(made, tmp_path / "b") == []


def test_two_that_write_into_one_record_take_each_alert_once(tmp_path: Path) -> None:
    made = night(120, 9)
    failed: list[BaseException] = []

    def take() -> None:
        try:
            with opened(tmp_path, rules=read_rules_document(read_document(RULES, "rules"))) as stream:
                for content in made.packets:
                    stream.accept(content, "file")
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    with opened(tmp_path) as stream:
        counts = stream.ledger.counts()
        assert counts["packets"] == 2 * len(made.packets)
        assert counts["alerts"] - counts["duplicates"] == made.notices
        events = {e["event"]: e for e in stream.ledger.events(most=1000)}
    assert set(events) == set(made.events)
    assert all(
        events[k]["retracted"] is e.retracted and events[k]["notices"] == e.notices for k, e in made.events.items()
    )


def test_events_are_found_by_all_their_names(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        stream.accept(packet(FERMI), "file")
        stream.accept(packet(FERMI, alert_tense="test"), "file")
        (proposal,) = stream.ledger.proposals()
        find = stream.ledger.events_named
        assert find("fermi:745121685") == find(proposal["id"]) == ["fermi:745121685"]
        assert find("bn240812094") == find("fermi:745121685#4") == ["fermi:745121685", "fermi:745121685 [test]"]
        assert find("%") == [] and find("x' OR 1=1 --") == []


def test_differences_are_seen(tmp_path: Path) -> None:
    made = night(100, 6)
    with opened(tmp_path, rules=()) as stream:
        for content in made.packets[:-1]:
            stream.accept(content, "file")
    assert differences(made, tmp_path)


CHILD = """
import sys
from pathlib import Path
from gnomon.tools.observing.alerts.rules import rules_in
from gnomon.tools.observing.alerts.sources import take_file
from gnomon.tools.observing.alerts.stream import AlertStream, clock_of_notices
folder = Path(sys.argv[1])
with AlertStream(folder / "killed", rules_in(folder / "rules.yaml"), clock=clock_of_notices, durable=False) as stream:
    take_file(stream, folder / "night.jsonl", lambda taken, seconds: None, rate=float(sys.argv[2]))
"""


def test_killed_in_the_middle_it_goes_on_with_nothing_lost_or_doubled(tmp_path: Path) -> None:
    made = night(200, 8)
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "night.jsonl").write_bytes(b"\n".join(made.packets) + b"\n")
    base = tmp_path / "killed" / "alerts.sqlite"
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), "400"])
        before, end = _packets(base), time.monotonic() + 20
        while process.poll() is None and _packets(base) < before + 30 and time.monotonic() < end:
            time.sleep(0.01)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert 90 <= _packets(base) < len(made.packets)
    assert subprocess.run([sys.executable, "-c", CHILD, str(tmp_path), "100000"], check=False).returncode == 0
    with opened(tmp_path / "once", rules=rules_in(tmp_path / "rules.yaml")) as stream:
        take_file(stream, tmp_path / "night.jsonl", lambda taken, seconds: None)
    assert differences(made, tmp_path / "killed") == []
    assert contents(tmp_path / "killed") == contents(tmp_path / "once")


def _packets(base: Path) -> int:
    if not base.exists():
        return 0
    held = sqlite3.connect(f"file:{base}?mode=ro", uri=True, timeout=5)
    try:
        row = held.execute("SELECT value FROM counts WHERE name = 'packets'").fetchone()
        return int(row[0]) if row else 0
    except sqlite3.OperationalError:  # its tables are being made
        return 0
    finally:
        held.close()


def test_a_file_is_taken_once_and_a_longer_one_from_where_it_was_left(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(packet(FERMI) + b"\n")
    with opened(tmp_path / "record") as stream:
        seen: list[Taken] = []
        assert take_file(stream, path, lambda t, s: seen.append(t)) == 1
        assert take_file(stream, path, lambda t, s: seen.append(t)) == 0
        with path.open("ab") as file:
            file.write(packet(FERMI, record_number=5) + b"\n")
        assert take_file(stream, path, lambda t, s: seen.append(t)) == 1
        assert stream.ledger.counts()["packets"] == 2 and len(seen) == 2


def test_a_full_disk_is_told_and_nothing_is_half_there(tmp_path: Path) -> None:
    with opened(tmp_path) as stream:
        stream.accept(packet(LVK), "file")
        pages = stream.ledger.base.execute("PRAGMA page_count").fetchone()[0]
        stream.ledger.base.execute(f"PRAGMA max_page_count={pages}")
        told = 0
        for number in range(40):
            try:
                stream.accept(packet(FERMI, id=[str(number)], additional_info="x" * 1900), "s", "s", str(number))
            except StoreError as error:
                told += 1
                assert "cannot be written: database or disk is full" in error.what
        assert told > 0
        counts = stream.ledger.counts()
        assert counts["packets"] == 1 + 40 - told == len(stream.ledger.alerts(most=100))


def test_a_bad_file_in_a_folder_stops_nothing_and_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    cut = gzip.compress(b"".join(packet(FERMI, id=[str(n)]) + b"\n" for n in range(400)))[:-40]
    for name, content in (("a.jsonl.gz", cut), ("b.json", packet(LVK))):
        (folder / name).write_bytes(content)
        os.utime(folder / name, (time.time() - 5, time.time() - 5))
    reasons: list[str] = []
    with opened(tmp_path / "record", rules=()) as stream:
        for _ in range(2):
            looks = iter([False] * 2000)
            watch_folder(
                stream,
                folder,
                lambda taken, seconds: reasons.append(taken.reason),
                lambda looks=looks: next(looks, True),
                pause=0.0,
            )
        assert [r for r in reasons if r] == ["a.jsonl.gz cannot be read to its end: Compressed file ended before the end-of-stream marker was reached."]  # fmt: skip
        assert stream.ledger.event("lvk:S261122ab") is not None and stream.ledger.counts()["unreadable_files"] == 1


def test_a_folder_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    seen: list[str] = []

    def told(taken: Taken, _seconds: float) -> None:
        seen.extend(o.event for o in taken.outcomes)

    def finished(path: Path, content: bytes) -> None:
        path.write_bytes(content)
        os.utime(path, (time.time() - 5, time.time() - 5))

    def once(stream: AlertStream) -> None:
        looks = iter([False, *[False] * 10])
        watch_folder(stream, folder, told, lambda: next(looks, True), pause=0.0)

    with opened(tmp_path / "record") as stream:
        finished(folder / "a.json", packet(FERMI))
        finished(folder / "b.xml", voevent())
        finished(folder / "c.json.part", packet(LVK))
        (folder / "d.json").write_bytes(packet(LVK))  # still being written, for all we know
        finished(folder / "e.jsonl", packet(LVK, superevent_id="S1a") + b"\n" + packet(LVK, superevent_id="S1b")[:50])
        once(stream)
        assert sorted(seen) == ["fermi:745121685", "fermi:745121685", "lvk:S1a"]
        seen.clear()
        with (folder / "e.jsonl").open("ab") as file:
            file.write(packet(LVK, superevent_id="S1b")[50:] + b"\n")
        os.utime(folder / "d.json", (time.time() - 5, time.time() - 5))
        once(stream)
        assert sorted(seen) == ["lvk:S1b", "lvk:S261122ab"]
        seen.clear()
        once(stream)
        assert seen == []

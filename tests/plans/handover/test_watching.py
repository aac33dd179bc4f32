"""A watch asks politely, writes down what is new, survives what fails, and sends nothing."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from handover_packets import a_packet, verifier
from ocs_server import TOKEN, OcsServer, ocs_server

from gnomon.plans.canonical import text_digest
from gnomon.plans.handover import authorisation as people
from gnomon.plans.handover import ledger as ledgers
from gnomon.plans.handover.hearing import hear
from gnomon.plans.handover.ledger import Ledger
from gnomon.plans.handover.packet import Packet
from gnomon.plans.handover.page import packet_page
from gnomon.plans.handover.watching import LEAST, LONGEST, Back, NewsOf, Silence, Watch
from gnomon.tools.access import Access
from gnomon.tools.errors import JournalError
from gnomon.tools.observing.facilities.adapter import Found


class Facility:
    """An adapter that says what it is told to, and keeps what it was asked; only `find` is there."""

    service = "It"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.says: dict[str, Found] = {}
        self.otherwise = Found("same", "7", "acknowledged", "It has it.")

    def find(self, body: dict[str, Any], key: str) -> Found:
        self.asked.append(key)
        return self.says.get(key, self.otherwise)


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "handover")


@pytest.fixture(scope="module")
def packet() -> Packet:
    return a_packet(("ocs", "https://portal.example.org", ["x1"]), ("ocs", "https://other.example.org", ["lp"]))


@pytest.fixture
def sent(ledger: Ledger, packet: Packet) -> Packet:
    put_at_facility(ledger, packet)
    return packet


def put_at_facility(ledger: Ledger, packet: Packet) -> None:
    people.offer(ledger, packet, verifier)
    people.approve(ledger, packet.digest, "Ada", "command", shown=text_digest(packet_page(packet)))
    names = [p.name for p in packet.payloads]
    with ledger.changing() as writer:
        writer.append("handover.sending", packet=packet.digest, payloads=names, run="r", plan="p", step="s")
        told = {n: {"state": "acknowledged", "identifier": "7", "said": "It has it."} for n in names}
        writer.append("handover.heard", packet=packet.digest, payloads=told)


@pytest.fixture
def facilities(monkeypatch: pytest.MonkeyPatch) -> dict[str, Facility]:
    monkeypatch.setenv("GNOMON_NO_KEYRING", "1")
    return {"https://portal.example.org": Facility(), "https://other.example.org": Facility()}


@pytest.fixture
def watch(ledger: Ledger, facilities: dict[str, Facility]) -> Watch:
    return Watch(ledger, Access(), every=60.0, adapter=lambda kind, address, token: facilities[address], clock=Time())  # type: ignore[return-value]


@pytest.fixture
def later(watch: Watch) -> Callable[[], list[Any]]:
    """What a look tells when everything that was put off is due."""

    def go() -> list[Any]:
        watch.clock.now += watch.wait()  # type: ignore[attr-defined]
        return list(watch.look())

    return go


def state(ledger: Ledger, packet: Packet) -> str:
    return ledger.book().handovers[packet.digest].state


def test_what_is_new_is_written_and_told_once(
    ledger: Ledger, sent: Packet, watch: Watch, facilities: dict[str, Facility], later: Callable[[], list[Any]]
) -> None:
    entries = len(ledger.events())
    assert list(watch.look()) == []
    assert len(ledger.events()) == entries
    portal = facilities["https://portal.example.org"]
    first, second = sent.payloads[0], sent.payloads[1]
    portal.says[first.key] = Found("same", "7", "done", "It is done.")
    [told] = later()
    assert isinstance(told, NewsOf)
    assert (told.news.before, told.news.state) == ("acknowledged", "executing")  # the others wait for their turn
    assert [(h.payload, h.before, h.state) for h in told.news.payloads] == [(first.name, "acknowledged", "done")]
    assert state(ledger, sent) == "executing"
    portal.asked.clear()
    portal.says[second.key] = Found("same", "7", "failed", "It failed.")
    assert len(later()) == 1
    assert first.key not in portal.asked, "what has ended is not asked about"
    for facility in facilities.values():
        facility.otherwise = Found("same", "7", "done", "It is done.")
    assert len(later()) == 1
    assert (state(ledger, sent), watch.open()) == ("done", [])
    assert ledger.audit() == []


def test_what_was_not_sent_or_has_ended_hears_nothing(ledger: Ledger, packet: Packet) -> None:
    rows = [{"payload": packet.payloads[0].name, "state": "done", "identifier": "9", "said": "It is done."}]
    people.offer(ledger, packet, verifier)
    entries = len(ledger.events())
    assert hear(ledger, packet.digest, rows) is None
    people.withdraw(ledger, packet.digest, "Ada")
    assert hear(ledger, packet.digest, rows) is None
    assert hear(ledger, "f" * 64, rows) is None
    assert len(ledger.events()) == entries + 1


def test_what_a_facility_no_longer_shows_is_not_given_up(
    ledger: Ledger, sent: Packet, watch: Watch, facilities: dict[str, Facility]
) -> None:
    for facility in facilities.values():
        facility.otherwise = Found("none", said="It does not have it.")
    [told] = watch.look()
    assert {h.state for h in told.news.payloads} == {"acknowledged"}
    assert watch.open()


def test_a_silent_facility_is_asked_more_and_more_slowly_and_the_other_as_before(
    sent: Packet, watch: Watch, facilities: dict[str, Facility], ledger: Ledger
) -> None:
    portal, other = facilities["https://portal.example.org"], facilities["https://other.example.org"]
    portal.otherwise = Found("unclear", said="It does not answer.")
    clock: Any = watch.clock
    begun, entries, waits = clock.now, len(ledger.events()), []
    for _ in range(90):
        told = list(watch.look())
        assert all(isinstance(t, Silence) for t in told)
        waits += [t.wait for t in told]
        assert watch.in_doubt
        clock.now += max(watch.wait(), 1.0)
    assert waits[:6] == [120.0, 240.0, 480.0, 960.0, LONGEST, LONGEST]
    assert len(portal.asked) == 2 * len(waits), "two payloads in a row are enough"
    assert len(other.asked) == pytest.approx((clock.now - begun) / 60.0, abs=2)
    assert len(ledger.events()) == entries
    portal.otherwise = Found("same", "7", "acknowledged", "It has it.")
    clock.now += LONGEST
    assert list(watch.look()) == [Back("https://portal.example.org")]
    assert not watch.in_doubt


def test_what_is_unclear_of_one_payload_keeps_none_of_the_others_waiting(
    sent: Packet, watch: Watch, facilities: dict[str, Facility], later: Callable[[], list[Any]]
) -> None:
    portal = facilities["https://portal.example.org"]
    keys = [p.key for p in sent.payloads if p.address == "https://portal.example.org"]
    assert len(keys) >= 3
    portal.says = dict.fromkeys(keys[:2], Found("unclear", said="It has too many."))
    for _ in range(3):
        later()
    assert set(portal.asked) == set(keys)
    assert watch.in_doubt


def test_a_wish_to_wait_is_heeded(sent: Packet, watch: Watch, facilities: dict[str, Facility]) -> None:
    portal = facilities["https://portal.example.org"]
    portal.otherwise = Found("unclear", said="It says 429.", wait=5000.0)
    [told] = watch.look()
    assert told == Silence("It says 429.", 5000.0)
    assert len(portal.asked) == 1, "who is asked to wait asks nothing more"
    portal.otherwise = Found("unclear", said="It says 429.", wait=1e9)
    watch.clock.now += 5000.0  # type: ignore[attr-defined]
    [told] = [t for t in watch.look() if isinstance(t, Silence)]
    assert told.wait <= 6 * 3600


def test_only_those_that_are_named_are_watched(sent: Packet, ledger: Ledger, facilities: dict[str, Facility]) -> None:
    assert [h.digest for h in Watch(ledger, Access(), packets=[sent.digest]).open()] == [sent.digest]
    assert list(Watch(ledger, Access(), packets=["f" * 64]).look()) == []


def test_nobody_is_asked_more_often_than_every_half_minute(
    sent: Packet, watch: Watch, facilities: dict[str, Facility]
) -> None:
    watch.every = 1.0
    list(watch.look())
    assert watch.wait() == LEAST
    watch.clock.now += LEAST - 1.0  # type: ignore[attr-defined]
    asked = [len(f.asked) for f in facilities.values()]
    list(watch.look())
    assert [len(f.asked) for f in facilities.values()] == asked


def test_what_cannot_be_written_is_heard_again(
    ledger: Ledger, sent: Packet, watch: Watch, facilities: dict[str, Facility], later: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for facility in facilities.values():
        facility.otherwise = Found("same", "7", "done", "It is done.")

    def full(part: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("gnomon.plans.journal.os.fsync", lambda fd: full(Path(), b""))
        told = list(watch.look())
    assert [type(t) for t in told] == [Silence]
    assert "Not written" in told[0].said
    assert state(ledger, sent) == "acknowledged"
    assert [type(t) for t in later()] == [NewsOf]
    assert state(ledger, sent) == "done"


def test_an_altered_ledger_or_packet_is_said(
    ledger: Ledger, sent: Packet, watch: Watch, later: Callable[[], list[Any]]
) -> None:
    path = ledger.packet_file(sent.digest)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"P1", b"P9"))
    [told] = watch.look()
    assert "was altered" in told.said
    assert later() == []  # once is enough
    assert watch.in_doubt
    path.write_bytes(content)
    assert later() == []
    assert not watch.in_doubt
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b'"who":"Ada"', b'"who":"Eve"'))
    with pytest.raises(JournalError):
        list(watch.look())


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[OcsServer]:
    monkeypatch.setenv("GNOMON_TOKEN_127_0_0_1", TOKEN)
    monkeypatch.setenv("GNOMON_NO_KEYRING", "1")
    with ocs_server() as server:
        yield server


def test_at_a_portal(portal: OcsServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    packet = a_packet(("ocs", portal.url, ["x1"]))
    for payload in packet.payloads:
        portal.create(payload.body)
    put_at_facility(ledger, packet)
    host = portal.url.removeprefix("http://")
    watch = Watch(ledger, Access(more_hosts=(host,)), every=0.01)
    list(watch.look())
    portal.groups[0]["state"] = "COMPLETED"
    portal.observations[portal.groups[1]["requests"][0]["id"]] = [{"state": "IN_PROGRESS"}]
    monkeypatch.setattr(watch, "clock", lambda: 1e9)
    [told] = watch.look()
    assert [h.state for h in told.news.payloads] == ["done", "executing"]
    assert "in progress" in told.news.payloads[1].said
    assert {a.split(" ")[0] for a in portal.asked} == {"GET"}
    assert portal.posts == []
    # A host that may not be asked is said with what to do, and so is a missing token.
    for told in (*Watch(ledger, Access()).look(), *_without_token(monkeypatch, ledger, host)):
        assert isinstance(told, Silence)
        assert "GNOMON_ARCHIVES_HOSTS" in told.said or "GNOMON_TOKEN_127_0_0_1" in told.said
    assert state(ledger, packet) == "executing"
    assert ledgers.Ledger(ledger.folder).audit() == []


def _without_token(monkeypatch: pytest.MonkeyPatch, ledger: Ledger, host: str) -> list[Any]:
    monkeypatch.delenv("GNOMON_TOKEN_127_0_0_1")
    told = list(Watch(ledger, Access(more_hosts=(host,))).look())
    assert told
    return told

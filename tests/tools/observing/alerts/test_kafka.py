"""Streams of Kafka, from the broker on this machine that comes with librdkafka."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.tools.observing.alerts.samples import FERMI, packet

from gnomon.tools.errors import InputError, ServiceError, UsageError
from gnomon.tools.observing.alerts import kafka
from gnomon.tools.observing.alerts.kafka import _gap, consume, settings_in
from gnomon.tools.observing.alerts.stream import AlertStream, Taken

TOPIC = "gcn.notices.fermi.gbm.alert"


@pytest.fixture
def broker() -> Any:
    """A producer whose client runs a broker, and its address."""
    client = pytest.importorskip("confluent_kafka")
    producer = client.Producer({"bootstrap.servers": "none:1", "test.mock.num.brokers": 1, "log_level": 0})
    (found,) = producer.list_topics(TOPIC, timeout=10).brokers.values()
    return producer, f"{found.host}:{found.port}"


def taking(stream: AlertStream, number: int) -> tuple[Callable[[bytes, str, str], Taken], Callable[[], bool]]:
    """Take so many, or end after ten seconds."""
    count, end = [0], time.monotonic() + 10

    def accept(content: bytes, of: str, position: str) -> Taken:
        count[0] += 1
        return stream.accept(content, of, of, position)

    return accept, lambda: count[0] >= number or time.monotonic() > end


def test_each_message_is_taken_once_across_restarts(tmp_path: Path, broker: Any) -> None:
    producer, address = broker
    for n in range(20):
        producer.produce(TOPIC, packet(FERMI, id=[str(n // 2)], record_number=n % 2), partition=n % 3)
    producer.produce(TOPIC, b"{", partition=0)
    producer.produce(TOPIC, None, key=b"deleted", partition=0)
    assert producer.flush(10) == 0
    taken = 0
    for number in (7, 7, 8):  # stopped and started again
        with AlertStream(tmp_path, durable=False) as stream:
            accept, stop = taking(stream, number)
            taken += consume({"bootstrap.servers": address}, [TOPIC], stream.ledger.position, accept, stop, "earliest")
    with AlertStream(tmp_path, durable=False) as stream:
        counts = stream.ledger.counts()
        assert taken == 22 and counts["packets"] == 22 and counts["quarantined"] == 2
        assert counts["alerts"] == 20 and "duplicates" not in counts
        assert [e["notices"] for e in stream.ledger.events()] == [2] * 10


def test_what_the_broker_no_longer_has_is_told_and_the_rest_is_taken(tmp_path: Path, broker: Any) -> None:
    producer, address = broker
    producer.produce(TOPIC, packet(FERMI), partition=0)
    assert producer.flush(10) == 0
    told: list[str] = []
    with AlertStream(tmp_path, durable=False) as stream:
        accept, stop = taking(stream, 1)
        assert (
            consume({"bootstrap.servers": address}, [TOPIC], lambda _stream: "100", accept, stop, told=told.append) == 1
        )
        assert stream.ledger.counts()["alerts"] == 1
    assert any("it was made anew" in sentence for sentence in told)


def test_a_gap_says_how_much_is_lost() -> None:
    assert "no longer has 1,000 messages of kafka t 0" in _gap("kafka t 0", 500, 1500, 2000)


def test_what_comes_to_a_quiet_partition_while_nobody_listens_is_taken_later(tmp_path: Path, broker: Any) -> None:
    producer, address = broker
    producer.produce(TOPIC, packet(FERMI, id=["before"]), partition=0)
    assert producer.flush(10) == 0
    settings = {"bootstrap.servers": address}
    with AlertStream(tmp_path, durable=False) as stream:

        def begun(of: str, position: str) -> None:
            with stream.ledger.transaction():
                stream.ledger.move(of, position)

        def nothing(*_told: object) -> Taken:
            raise AssertionError("what was there before is not to be taken")

        until = time.monotonic() + 1.0
        assert (
            consume(
                settings, [TOPIC], stream.ledger.position, nothing, lambda: time.monotonic() > until, "latest", begun
            )
            == 0
        )
    producer.produce(TOPIC, packet(FERMI, id=["between"]), partition=0)
    assert producer.flush(10) == 0
    with AlertStream(tmp_path, durable=False) as stream:
        accept, stop = taking(stream, 1)
        assert consume(settings, [TOPIC], stream.ledger.position, accept, stop, "latest") == 1
        assert [e["event"] for e in stream.ledger.events()] == ["fermi:between"]


def test_a_broker_that_is_not_there(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once and why, the terminal is left alone, and whoever wants to stop need not wait."""
    pytest.importorskip("confluent_kafka")
    monkeypatch.setattr(kafka, "_PATIENCE", 0.5)

    def consumed(stop: Callable[[], bool]) -> int:
        return consume({"bootstrap.servers": "127.0.0.1:1"}, [TOPIC], lambda s: None, lambda c, s, p: Taken(), stop)

    with pytest.raises(ServiceError, match=r"cannot be reached: .*Connection refused") as told:
        consumed(lambda: False)
    assert told.value.retryable
    monkeypatch.setattr(kafka, "_PATIENCE", 60.0)
    looks = iter([False, True])
    assert consumed(lambda: next(looks, True)) == 0
    assert capfd.readouterr().err == ""


def test_settings(tmp_path: Path) -> None:
    path = tmp_path / "kafka.txt"
    path.write_text("# GCN\nbootstrap.servers = localhost:9092\nsasl.password = a=b\n\n")
    assert settings_in(path) == {"bootstrap.servers": "localhost:9092", "sasl.password": "a=b"}
    path.write_text("bootstrap.servers = x\nmysecret\n")
    with pytest.raises(InputError, match="line 2 is no setting") as told:
        settings_in(path)
    assert "mysecret" not in str(told.value)
    with pytest.raises(InputError, match="cannot be read"):
        settings_in(tmp_path / "none")


def test_what_is_wrong_with_the_client_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("confluent_kafka")

    def consumed(settings: dict[str, str]) -> int:
        return consume(settings, [TOPIC], lambda s: None, lambda c, s, p: Taken(), lambda: True)

    with pytest.raises(UsageError, match="No such configuration property"):
        consumed({"no.such.thing": "1"})
    real = builtins.__import__

    def without(name: str, *told: Any, **more: Any) -> Any:
        if name == "confluent_kafka":
            raise ImportError(name)
        return real(name, *told, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match="need its client") as told:
        consumed({})
    assert "gnomon[alerts]" in told.value.remedy

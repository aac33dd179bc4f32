"""Packets from a Kafka broker, GCN's or another one's; how far each partition was read lies in our own record, with what its packets changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from gnomon.tools.errors import InputError, ServiceError, UsageError
from gnomon.tools.observing.alerts.stream import Taken

Start = Literal["earliest", "latest"]
# (content, stream, position)
Accept = Callable[[bytes, str, str], Taken]
_PATIENCE = 20.0  # s
_OURS = ("enable.auto.commit", "auto.offset.reset", "group.id", "enable.auto.offset.store")


def settings_in(path: Path) -> dict[str, str]:
    """Settings of the client from a file of lines ``name = value`` (librdkafka's names); ``#`` begins a comment.

    Raises
    ------
    InputError
        Where it cannot be read, or a line is no setting.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read.", remedy="Check the file of Kafka settings.") from error
    told: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, sign, value = line.partition("=")
            if not sign or not name.strip():
                # Not the line itself: it may hold a secret.
                raise InputError(f"{path.name}, line {number} is no setting.", remedy="Write name = value.")
            told[name.strip()] = value.strip()
    return told


def consume(
    settings: dict[str, str],
    topics: list[str],
    position: Callable[[str], str | None],
    accept: Accept,
    stop: Callable[[], bool],
    start: Start = "latest",
    begun: Callable[[str, str], None] | None = None,
    told: Callable[[str], None] | None = None,
) -> int:
    """Take packets of topics until `stop` says so.

    Partitions are read from where our own record says, without a consumer group: an offset and what the packet changed are in one transaction, and
    nothing that the broker remembers is needed.  Where the broker no longer has what comes next, reading goes on with the oldest that it has, and `told` is
    told of the gap.

    Parameters
    ----------
    settings : dict
        Of librdkafka, with ``bootstrap.servers``.
    topics : list of str
    position : callable
        The last offset of a stream that was taken, or None.
    accept : callable
        Takes a packet with its stream and position.
    stop : callable
        Asked at least once a second.
    start : {"latest", "earliest"}
        Where to begin a partition of which nothing was taken.
    begun : callable, optional
        Is given such a stream and the position before which it begins, to be kept: a partition that is quiet for days would else begin at its end again
        after every break, and what came in between be lost.
    told : callable, optional
        Is given sentences for people.

    Returns
    -------
    int
        Packets taken.

    Raises
    ------
    UsageError
        Where confluent-kafka is not installed, or a setting is none.
    ServiceError
        Where the broker or a topic cannot be reached.
    """
    try:
        from confluent_kafka import Consumer, KafkaException, TopicPartition
    except ImportError as error:
        raise UsageError("Streams of Kafka need its client.", remedy='Install it with: pip install "gnomon[alerts]"') from error  # fmt: skip
    why: list[str] = []  # what the client last said of its connection

    def note(error: Any) -> None:
        why[:] = [_said(error)]

    ours = {
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "group.id": "gnomon-alerts",
        "enable.auto.offset.store": False,
        "error_cb": note,
    }
    # Of itself the client writes a line into the terminal for every try to connect, twenty a second; who wishes so says log_level.
    quiet = {"log_level": "0", **{k: v for k, v in settings.items() if k not in _OURS}}
    try:
        consumer = Consumer({**quiet, **ours})
    except (KafkaException, TypeError, ValueError) as error:
        raise UsageError(f"The settings of Kafka are wrong: {_said(error)}.", remedy="See librdkafka's CONFIGURATION.md.") from error  # fmt: skip
    try:
        parts = []
        for topic, number in _partitions(consumer, topics, stop, why):
            part, name = TopicPartition(topic, number), stream_name(topic, number)
            oldest, end = consumer.get_watermark_offsets(part, timeout=20.0)
            last = position(name)
            if last is None:
                part.offset = end if start == "latest" else oldest
                if begun is not None:
                    begun(name, str(part.offset - 1))
            else:
                part.offset = int(last) + 1
                if not oldest <= part.offset <= end:
                    if told is not None:
                        told(_gap(name, part.offset, oldest, end))
                    part.offset = oldest
            parts.append(part)
        if stop():
            return 0
        consumer.assign(parts)
        return _poll(consumer, accept, stop)
    except KafkaException as error:
        raise ServiceError(f"The Kafka broker failed: {_said(error)}.", remedy="Try again later.", retryable=True) from error  # fmt: skip
    finally:
        consumer.close()


def stream_name(topic: str, partition: int) -> str:
    """What a partition is called in the record."""
    return f"kafka {topic} {partition}"


def _gap(name: str, wanted: int, oldest: int, end: int) -> str:
    """Why a stream does not go on where it ended."""
    if wanted < oldest:
        return f"The broker no longer has {oldest - wanted:,} messages of {name} that came after the last one taken; reading goes on with the oldest that it has."
    return f"The broker has only {end:,} messages of {name}, and {wanted:,} were taken: it was made anew, and is read from its beginning."


def _partitions(consumer: Any, topics: list[str], stop: Callable[[], bool], why: list[str]) -> list[tuple[str, int]]:
    """The partitions of topics; none where it was stopped while the broker was waited for."""
    found: list[tuple[str, int]] = []
    for topic in topics:
        listed = _listed(consumer, topic, stop, why)
        if listed is None:
            return []
        told = listed.topics.get(topic)
        if told is None or told.error is not None or not told.partitions:
            raise ServiceError(f"The broker has no topic {topic}.", remedy="Check its name, and what your account may read.")  # fmt: skip
        found += [(topic, number) for number in sorted(told.partitions)]
    return found


def _listed(consumer: Any, topic: str, stop: Callable[[], bool], why: list[str]) -> Any:
    """What the broker says of a topic; it is given twenty seconds, and None is given where `stop` says so before."""
    from confluent_kafka import KafkaError, KafkaException

    passing = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN)
    until = time.monotonic() + _PATIENCE
    while not stop():
        try:
            return consumer.list_topics(topic, timeout=1.0)
        except KafkaException as error:
            consumer.poll(0)  # gives out what the client said meanwhile
            if time.monotonic() < until and error.args[0].code() in passing:
                continue
            reason = why[-1] if why else _said(error)
            raise ServiceError(f"The Kafka broker cannot be reached: {reason}.", remedy="Try again later.", retryable=True) from error  # fmt: skip
    return None


def _poll(consumer: Any, accept: Accept, stop: Callable[[], bool]) -> int:
    taken, failing = 0, 0.0
    while not stop():
        message = consumer.poll(0.5)
        if message is None:
            continue
        if error := message.error():
            if error.fatal() or not error.retriable():
                raise ServiceError(f"The Kafka broker failed: {_said(error)}.", remedy="Try again later.", retryable=True)  # fmt: skip
            failing = failing or time.monotonic()
            if time.monotonic() - failing > 60:
                raise ServiceError(f"The Kafka broker has failed for a minute: {_said(error)}.", remedy="Try again later.", retryable=True)  # fmt: skip
            continue
        failing = 0.0
        # Its offset is kept as it is; a message without content marks something deleted, and is no alert.
        accept(message.value() or b"", stream_name(message.topic(), message.partition()), str(message.offset()))
        taken += 1
    return taken


def _said(error: Any) -> str:
    told = error.args[0] if getattr(error, "args", None) else error
    text = told.str() if hasattr(told, "str") else str(told)
    return " ".join(str(text).split())[:200].rstrip(".")

"""Bringing packets from files and folders into a stream of alerts, in order and from where it was left."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.packet_files import new_pieces, pieces_of
from gnomon.tools.observing.alerts.packet_values import plain_text
from gnomon.tools.observing.alerts.stream import AlertStream, Taken

# (what became of the packet, the seconds that it took)
Told = Callable[[Taken, float], None]


def never() -> bool:
    """Go on until there is no more."""
    return False


def take_file(
    into: AlertStream, path: Path, told: Told, stop: Callable[[], bool] = never, rate: float | None = None
) -> int:
    """Take the packets of a file that were not taken yet.

    Parameters
    ----------
    into : AlertStream
    path : pathlib.Path
    told : callable
        Called after each packet.
    stop : callable
        Asked before each packet.
    rate : float, optional
        Packets a second; as fast as they go by default.

    Returns
    -------
    int
        Packets taken.
    """
    stream = f"file {path.resolve()}"
    begun, taken = time.monotonic(), 0
    for piece in pieces_of(path, into.ledger.position(stream) or ""):
        if rate is not None:
            _wait(begun + taken / rate, stop)
        if stop():
            break
        _take(into, piece.content, "file", stream, piece.position, told, plain_text(path.name, 100))
        taken += 1
    return taken


def watch_folder(into: AlertStream, folder: Path, told: Told, stop: Callable[[], bool], pause: float = 0.5) -> int:
    """Take what is and comes into a folder until `stop` says so.

    Parameters
    ----------
    into : AlertStream
    folder : pathlib.Path
    told, stop : callable
        As in `take_file`.
    pause : float
        Seconds between two looks.

    Returns
    -------
    int
        Packets taken.

    Raises
    ------
    InputError
        Where there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder called {folder.name}.", remedy="Make it, or check the path.")
    taken = 0
    while not stop():
        for stream, piece in new_pieces(folder, into.ledger.position, time.time()):
            if piece.problem:
                with into.ledger.transaction():
                    into.ledger.count("unreadable_files")
                    into.ledger.move(stream, piece.position)
                told(Taken(reason=piece.problem), 0.0)
                continue
            name = plain_text(stream.removeprefix(f"folder {folder.resolve()} "), 100)
            _take(into, piece.content, "folder", stream, piece.position, told, name)
            taken += 1
            if stop():
                return taken
        _wait(time.monotonic() + pause, stop)
    return taken


def _take(into: AlertStream, content: bytes, route: str, stream: str, position: str, told: Told, name: str) -> None:
    begun = time.perf_counter()
    taken = into.accept(content, route, stream, position, name)
    told(taken, time.perf_counter() - begun)


def _wait(until: float, stop: Callable[[], bool]) -> None:
    while (left := until - time.monotonic()) > 0 and not stop():
        time.sleep(min(left, 0.2))

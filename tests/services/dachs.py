"""The real Virtual Observatory server of `dachs.sh`, as tests use it.

`start` gives the address of the server that all tests share and none may harm.  `spare` lends a second one, with a
database of its own and to one test at a time on this machine, which may be stopped and killed.  Both stay up when the
tests end, for the next session and for people; ``tests/services/dachs.sh stop`` ends them.
"""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dachs_rows import MANY, OLD, STARS
from filelock import FileLock

__all__ = [
    "HARD_LIMIT",
    "MANY",
    "MAXREC",
    "OLD",
    "STARS",
    "SYNC_SECONDS",
    "Spare",
    "Unavailable",
    "spare",
    "start",
    "stop",
    "unavailable_reason",
]

SCRIPT = Path(__file__).with_name("dachs.sh")
UNAVAILABLE = 69  # what the script ends with where the server cannot be had
PATIENCE = 1200  # seconds for an installation from nothing on a slow network

# What dachs.sh sets; the tests of the server hold these against what it does.
MAXREC = 2000
HARD_LIMIT = 20_000
SYNC_SECONDS = 3


class Unavailable(Exception):
    """The server cannot be had on this machine; one sentence says why."""


def _run(*arguments: str) -> str:
    done = subprocess.run(
        ["bash", str(SCRIPT), *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE
    )
    if done.returncode == UNAVAILABLE:
        raise Unavailable(done.stderr.strip().splitlines()[-1])
    if done.returncode:
        raise RuntimeError(f"dachs.sh {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _url(port: int) -> str:
    return f"http://127.0.0.1:{int(os.environ.get('DACHS_PORT', '8642')) + port}"


def _lock(name: str) -> FileLock:
    # One for all sessions on this machine, whichever checkout they run in.
    return FileLock(Path(tempfile.gettempdir()) / f"gnomon-dachs-{os.getuid()}-{name}.lock", timeout=PATIENCE)


@functools.cache
def _outcome() -> str | Unavailable:
    # A machine without the server is asked once: apt and its time-outs are slow.
    try:
        with _lock("start"):
            _run("start")
    except Unavailable as error:
        return error
    return _url(0)


def start() -> str:
    """Start the server where it is not up, installing it where it is missing; its base URL.

    Raises
    ------
    Unavailable
        It cannot be had here: no root, no apt, no packages.
    RuntimeError
        It should work here and does not.
    """
    outcome = _outcome()
    if isinstance(outcome, Unavailable):
        raise outcome
    return outcome


def unavailable_reason() -> str | None:
    """Why there is no server on this machine, in a sentence; None where there is one, which then is up."""
    outcome = _outcome()
    return str(outcome) if isinstance(outcome, Unavailable) else None


def stop() -> None:
    """Stop both servers and the database.  For people: it takes the server away from all sessions on this machine."""
    _run("stop")
    _outcome.cache_clear()


@dataclass(frozen=True)
class Spare:
    """A server to be harmed.  Its tables are those of the shared one; jobs and uploads are its own."""

    url: str

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does; connections break."""
        _run("kill", "spare")

    def stop(self) -> None:
        """End it gently."""
        _run("stop", "spare")

    def restart(self) -> None:
        """Start it, after ending it gently where it runs; back when it answers.  About a second."""
        _run("stop", "spare")
        _run("start", "spare")


@contextmanager
def spare() -> Iterator[Spare]:
    """Lend the second server, running, to one test on this machine at a time.

    Raises
    ------
    Unavailable
        See `start`.
    """
    start()
    with _lock("spare"):
        _run("start", "spare")
        try:
            yield Spare(_url(1))
        finally:
            _run("stop", "spare")

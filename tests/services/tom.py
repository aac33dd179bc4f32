"""The real TOM Toolkit server of `tom.sh`, as tests use it."""

from __future__ import annotations

import functools
import os
import subprocess
import uuid
from pathlib import Path

SCRIPT = Path(__file__).with_name("tom.sh")
TOKEN = "7f3a5b0c9d1e2f40718293a4b5c6d7e8f9011223"
UNAVAILABLE = 69
_PATIENCE = 900  # seconds for an installation from nothing


class Unavailable(Exception):
    """The server cannot be had on this machine; one sentence says why."""


@functools.cache
def _outcome() -> str | Unavailable:
    done = subprocess.run(
        ["bash", str(SCRIPT), "start"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE
    )
    if done.returncode == UNAVAILABLE:
        return Unavailable(done.stderr.strip().splitlines()[-1])
    if done.returncode:
        raise RuntimeError(f"tom.sh start failed:\n{done.stdout}{done.stderr}")
    return f"http://127.0.0.1:{os.environ.get('TOM_PORT', '8652')}"


def start() -> str:
    """The server's address; it stays up when the tests end, and `tom.sh stop` ends it.

    Raises
    ------
    Unavailable
    """
    found = _outcome()
    if isinstance(found, Unavailable):
        raise found
    return found


def a_name() -> str:
    """A target's name that no test had before; the server remembers."""
    return f"Test {uuid.uuid4().hex[:12]}"

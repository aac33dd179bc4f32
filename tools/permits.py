"""The permit of a step that acts on facilities: given by the engine, asked for by the tool, and absent everywhere else.

A tool that is called by itself, by a script or in a replay finds none, and so sends nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_held: list[dict[str, Any]] = []


@contextmanager
def permitted(permit: str) -> Iterator[None]:
    """Hold a permit while a step is performed.

    Parameters
    ----------
    permit : str
        JSON of the engine's gate; "" for none.
    """
    if not permit:
        yield
        return
    _held.append(json.loads(permit))
    try:
        yield
    finally:
        _held.pop()


def permit_of(packet: str, action: str) -> dict[str, Any] | None:
    """The permit of this step for exactly this packet and action, or None.

    Parameters
    ----------
    packet : str
        SHA-256 of the packet that the tool has read.
    action : str
        ``submit`` or ``cancel``.

    Returns
    -------
    dict or None
        ``payloads`` (for each name its ``key``, its ``state``, when it was ``sent`` before, and ``look`` where it may be looked for only), ``until`` and ``start_by`` [MJD UTC, or None], ``stop``
        (a file whose presence stops everything), ``off`` (files, each of which stops it too), ``settling`` [s].
    """
    held = _held[-1] if _held else None
    return held if held and held["packet"] == packet and held["action"] == action else None

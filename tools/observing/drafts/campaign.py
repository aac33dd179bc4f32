"""Schedules that replaced one another, put in order: the newest is drafted, those before it say what changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.schedule import Schedule, read_schedule_document


def in_order(documents: Iterable[dict[str, Any]]) -> list[Schedule]:
    """Schedules of one campaign, the oldest first, whatever the order in which they were given.

    Parameters
    ----------
    documents : iterable of dict
        Schedule documents; the same one may stand among them more than once.

    Returns
    -------
    list of Schedule
        Each is the parent (``made.parent``) of the next.

    Raises
    ------
    InputError
        Where one neither replaces another one of them nor is replaced by it, or two replace the same one.
    """
    there = {s.digest: s for s in (read_schedule_document(d) for d in documents)}
    after: dict[str, str] = {}
    for digest, schedule in there.items():
        parent = schedule.made.get("parent")
        if parent not in there:
            continue
        if parent in after:
            raise InputError(
                f"Two of the schedules, {after[parent][:12]}… and {digest[:12]}…, replace the same one, {parent[:12]}….",
                remedy="Give the one that is observed, and those before it.",
            )
        after[parent] = digest
    first = [digest for digest in there if digest not in after.values()]
    if len(first) != 1:
        told = " and ".join(f"{digest[:12]}…" for digest in first)
        raise InputError(
            f"The schedules do not replace one another: nothing leads from one of {told} to the other.",
            remedy="Give one schedule and those that it replaces, without leaving one out.",
        )
    chain = [first[0]]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    return [there[digest] for digest in chain]

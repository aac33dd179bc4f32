"""Whether a schedule may be offered for approval."""

from __future__ import annotations

from typing import Any

from gnomon.tools.observing.verification.books import digest_of
from gnomon.tools.observing.verification.verify import verify


def offerable(
    telescopes: dict[str, Any],
    requests: dict[str, Any],
    schedule: dict[str, Any],
    parent: dict[str, Any] | None = None,
) -> tuple[list[str], str]:
    """Verify a schedule anew and say what stands against offering it.

    Parameters
    ----------
    telescopes, requests, schedule : dict
        The three documents, plain JSON.
    parent : dict, optional
        The schedule that this one replaces.  Where it names one, it must be given: what was frozen cannot be checked without.

    Returns
    -------
    (list of str, str)
        Every violation as a sentence, empty where the schedule may be offered; and the digest of the whole report, which holds the digests
        of the documents.  The report is the same for the same documents and the same libraries.
    """
    told = verify(telescopes, requests, schedule, parent=parent)
    against = [str(finding) for finding in told.findings]
    made = schedule.get("made") if isinstance(schedule, dict) else None
    if parent is None and isinstance(made, dict) and made.get("parent") is not None:
        against.append("schedule: It replaces another schedule, and without that one its history cannot be checked.")
    return against, digest_of(told.document())

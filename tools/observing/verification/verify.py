"""Verify: does a schedule hold what the reference asks of it?"""

from __future__ import annotations

from typing import Any

from gnomon.tools.captions import both
from gnomon.tools.observing.verification.books import check_digests, check_listed, digest_of
from gnomon.tools.observing.verification.claims import Claims, read_claims
from gnomon.tools.observing.verification.facilities import read_telescopes
from gnomon.tools.observing.verification.fields import Broken
from gnomon.tools.observing.verification.findings import Ledger, Verification
from gnomon.tools.observing.verification.history import check_history, check_states
from gnomon.tools.observing.verification.neighbours import check_neighbours
from gnomon.tools.observing.verification.reasons import check_reasons
from gnomon.tools.observing.verification.score import check_score, worth_of
from gnomon.tools.observing.verification.sets import by_request, check_sets
from gnomon.tools.observing.verification.sky import bundled_earth
from gnomon.tools.observing.verification.stays import check_stays, resolve
from gnomon.tools.observing.verification.wishes import read_wishes


def verify(
    telescopes: dict[str, Any],
    requests: dict[str, Any],
    schedule: dict[str, Any],
    *,
    parent: dict[str, Any] | None = None,
    reasons: bool = True,
) -> Verification:
    """Check a schedule against its telescopes and requests, from the documents alone.

    Parameters
    ----------
    telescopes, requests, schedule : dict
        The three documents, plain JSON, as docs/reference/observing.md describes them.
    parent : dict, optional
        The schedule that this one replaces, to check that nothing frozen was changed.
    reasons : bool
        Whether to check why requests were left out as well, which costs most of the time.

    Returns
    -------
    Verification
        Without findings where the schedule holds.  What is wrong with a document is a finding too; nothing is raised for it.

    Notes
    -----
    Directions are apparent and topocentric by astropy's full transformations without refraction (Astropy Collaboration 2022,
    doi:10.3847/1538-4357/ac7c74), at samples at most 60 s apart and at both ends of every visit.  The Earth's rotation is from the
    installed table; nothing is fetched.
    """
    ledger = Ledger()
    digests = {"telescopes": digest_of(telescopes), "requests": digest_of(requests), "schedule": digest_of(schedule)}
    if parent is not None:
        digests["parent"] = digest_of(parent)
    for name, digest in digests.items():
        if not digest:
            ledger.find(
                "value", name, "The document has no canonical form: use finite numbers, text, lists and mappings."
            )
    try:
        _verify(ledger, digests, telescopes, requests, schedule, parent, reasons)
    except Broken as broken:
        ledger.notes.append(
            both(f"Nothing further was checked: {broken} cannot be read.", f"{broken} 无法读取，其余未作检查。")
        )
    return Verification(tuple(ledger.findings), dict(ledger.counts), digests, tuple(ledger.notes))


def _verify(
    ledger: Ledger,
    digests: dict[str, str],
    telescopes: dict[str, Any],
    requests: dict[str, Any],
    schedule: dict[str, Any],
    parent: dict[str, Any] | None,
    reasons: bool,
) -> None:
    facilities = read_telescopes(telescopes, ledger)
    wishes = read_wishes(requests, ledger)
    claims = read_claims(schedule, ledger)
    check_digests(claims, digests, wishes, ledger)
    check_states(claims, ledger)
    _check_parent(claims, digests, parent, ledger)
    with bundled_earth(ledger.notes, wishes.span[1]):
        known = resolve(claims, wishes, facilities, ledger)
        check_stays(known, wishes, ledger)
        check_neighbours(claims.stays, known, facilities, ledger)
        scheduled = by_request(known, ledger)
        check_sets(scheduled, known, wishes, ledger)
        worth = worth_of(wishes, facilities)
        check_score(claims, scheduled, known, wishes, worth, ledger)
        check_listed(claims, scheduled, wishes, ledger)
        if reasons:
            check_reasons(claims, scheduled, known, wishes, facilities, worth, ledger)
        else:
            ledger.notes.append(both("Why requests were left out was not checked.", "未检查申请落选的原因。"))


def _check_parent(claims: Claims, digests: dict[str, str], parent: dict[str, Any] | None, ledger: Ledger) -> None:
    if parent is None:
        if claims.parent is not None:
            ledger.notes.append(
                both(
                    "History was not checked: the schedule that this one replaces was not given.",
                    "未检查历史：没有给出被它取代的计划。",
                )
            )
        return
    if claims.parent != digests["parent"]:
        said = (claims.parent or "none")[:12]
        ledger.find(
            "parent", "schedule: made", f"Its parent is told as {said}; the one given is {digests['parent'][:12]}."
        )
        return
    # What was wrong with the parent is not this schedule's fault.
    check_history(claims, read_claims(parent, Ledger()), ledger)

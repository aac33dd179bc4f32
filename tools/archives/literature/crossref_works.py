"""Works of Crossref, by DOI: what publishers deposit, corrections and retractions among it.

The form is that of https://github.com/CrossRef/rest-api-doc.
"""

from __future__ import annotations

import re
from typing import Any

from gnomon.tools.archives.asking.json_replies import items_of, json_of, one_line
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.literature.marked_text import abstract_of, marked_up
from gnomon.tools.errors import BrokenReply
from gnomon.tools.transport import inquire

SERVICE = "Crossref"
ADDRESS = "https://api.crossref.org/works"
# Of the kinds of updates those that concern what a work says; new versions and editions are other works.
_KINDS = {
    "retraction": "retraction", "partial_retraction": "partial retraction", "withdrawal": "withdrawal", "removal": "removal",
    "expression_of_concern": "expression of concern", "correction": "correction", "erratum": "erratum", "corrigendum": "corrigendum",
    "addendum": "addendum", "clarification": "clarification",
}  # fmt: skip


def work_of_doi(doi: str, good_for: float = 0.0) -> dict[str, Any] | None:
    """What Crossref knows of a work.

    Parameters
    ----------
    doi : str
    good_for : float
        Seconds for which an earlier answer is taken.

    Returns
    -------
    dict or None
        ``title``, ``authors`` (family name first), ``year``, ``journal``, ``doi``, ``abstract``, ``preprints`` and ``published_as`` (lists of DOIs), and
        two lists of updates, each ``{"kind", "doi", "date"}``: ``updated_by`` and ``updates``.  None where Crossref answers that it has none; DOIs
        of Zenodo and other archives of data are registered with DataCite, and not with Crossref.

    Raises
    ------
    ServiceError, InputError
        Where it could not be asked.
    """

    def ask() -> dict[str, Any] | None:
        # As a filter, since an unknown DOI then is an empty list; as an address (/works/DOI) it would be a 404 like any other.
        fields = {"filter": f"doi:{doi}", "rows": 1}
        told = json_of(open_session(SERVICE).get(ADDRESS, params=fields), SERVICE)
        message = told.get("message") if isinstance(told, dict) else None
        if not isinstance(message, dict):
            raise BrokenReply("Crossref sent a reply without 'message'.", remedy="Ask again later.", retryable=True)
        items = items_of(message.get("items"), SERVICE, ("DOI",), "works")
        return _work(items[0]) if items else None

    return inquire({"service": SERVICE, "url": ADDRESS, "text": f"work {doi}"}, ask, good_for)[0]


def _work(item: dict[str, Any]) -> dict[str, Any]:
    title = ": ".join(t for t in (_first(item, "title"), _first(item, "subtitle")) if t)
    journal = marked_up(_first(item, "short-container-title") or _first(item, "container-title"))
    page = re.split(r"[-–]", one_line(item.get("page") or item.get("article-number")))[0]
    authors = [_author(a) for a in item.get("author") or [] if isinstance(a, dict)]
    relation = item.get("relation") if isinstance(item.get("relation"), dict) else {}
    return {
        "title": marked_up(title),
        "authors": [a for a in authors if a],
        "year": _year(item),
        "journal": ", ".join(p for p in (journal, one_line(item.get("volume")), page) if p) if journal else "",
        "doi": one_line(item["DOI"]),
        "abstract": abstract_of(str(item.get("abstract") or "")),
        "preprints": _related(relation, "has-preprint"),
        "published_as": _related(relation, "is-preprint-of"),
        "updated_by": _updates(item.get("updated-by")),
        "updates": _updates(item.get("update-to")),
        "source": SERVICE,
    }  # fmt: skip


def _first(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    return next((one_line(v) for v in value if one_line(v)), "") if isinstance(value, list) else ""


def _author(told: dict[str, Any]) -> str:
    names = [marked_up(str(told.get(n) or "")) for n in ("family", "given", "name")]
    return ", ".join(n for n in names[:2] if n) or names[2]


def _year(item: dict[str, Any]) -> int | None:
    # `issued` is the earliest of the dates in print and online; `published` is the same in newer replies.
    for name in ("published-print", "issued", "published", "published-online"):
        parts = item.get(name, {}).get("date-parts") if isinstance(item.get(name), dict) else None
        if parts and isinstance(parts[0], list) and parts[0] and isinstance(parts[0][0], int):
            return int(parts[0][0])
    return None


def _related(relation: Any, name: str) -> list[str]:
    found = relation.get(name) or []
    return [one_line(r.get("id")) for r in found if isinstance(r, dict) and r.get("id-type") == "doi" and r.get("id")]


def _updates(told: Any) -> list[dict[str, str]]:
    out = []
    for update in told if isinstance(told, list) else []:
        if not isinstance(update, dict) or (kind := _KINDS.get(one_line(update.get("type")).lower())) is None:
            continue
        when = update.get("updated") if isinstance(update.get("updated"), dict) else {}
        date = one_line(when.get("date-time"))[:10]  # type: ignore[union-attr]
        out.append({"kind": kind, "doi": one_line(update.get("DOI")), "date": date})
    return out

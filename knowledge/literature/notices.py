"""Errata, retractions and expressions of concern: which document is one, of which paper, and what then is told of that paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gnomon.knowledge.literature.documents import Document

# How titles begin, or end, by kind; the first that fits counts.
_KINDS = (
    ("expression of concern", r"(?:editorial )?expression of concern|关注声明|关切声明"),
    ("retraction", r"(?:notice of )?retraction(?: note| notice)?|retracted(?: article| paper)?|撤稿(?:声明|通知)?|撤回声明"),
    ("withdrawal", r"withdrawal(?: notice)?|withdrawn"),
    ("erratum", r"errat(?:um|a)|勘误(?:表|说明)?"),
    ("corrigendum", r"corrigend(?:um|a)"),
    ("correction", r"(?:publisher|author)(?:'s|’s)? correction|corrections?(?: notice)?|更正(?:声明|启事)?"),
    ("addendum", r"addend(?:um|a)"),
)  # fmt: skip
_BEFORE = re.compile(rf"^\s*[\[(]?(?:{'|'.join(f'(?P<k{i}>{p})' for i, (_k, p) in enumerate(_KINDS))})[\])]?(?P<link>\s*[:：\-–—.]\s*|\s+(?:to|for|on|of|in)\s*:?\s*|[“\"《「‘']|\s*$)", re.I)  # fmt: skip
_BEHIND = re.compile(rf"(?:[\s:.\-–—]*[\[(（]|(?<=》))(?:{'|'.join(f'(?P<k{i}>{p})' for i, (_k, p) in enumerate(_KINDS))})[\])）]?\s*\.?$", re.I)  # fmt: skip
_QUOTED = re.compile(r"[“\"《「‘'](.+)[”\"》」’']")
# What journals put behind the title of the paper: ``[Phys. Rev. Lett. 119, 116802 (2017)]``, ``(ApJ, 2017, 836, 107)``.
_PLACE = re.compile(
    r"\s*(?:\[[^\[\]]*\b(?:1[89]|20)\d\d\b[^\[\]]*\]|[(（][^()（）]*\b(?:1[89]|20)\d\d\b[^()（）]*[)）])\s*\.?$"
)
_WITHDRAWN = re.compile(r"\b(?:this (?:paper|article|submission|manuscript|preprint|work)|paper|article|submission|manuscript) (?:(?:has been|is|was|have been|being) )?(?:temporarily )?(?:withdrawn|retracted)|^\s*(?:withdrawn|retracted)\b|\b(?:withdrawn|retracted) by (?:the )?(?:authors?|arxiv)", re.I)  # fmt: skip


def notice_in_title(title: str) -> tuple[str, str] | None:
    """What a title says that its document is.

    Parameters
    ----------
    title : str

    Returns
    -------
    kind : str
        ``erratum``, ``corrigendum``, ``correction``, ``addendum``, ``retraction``, ``withdrawal`` or ``expression of concern``.
    paper : str
        The title of the paper that it is about; empty where it is not said.

    None in place of both where it is the title of a paper.
    """
    if found := _BEFORE.match(title):
        rest = (
            title[found.end("link") :] if not re.match(r"[“\"《「‘']", found["link"]) else title[found.start("link") :]
        )
        # "Correction of proper motions for ..." is a paper on corrections.
        if re.match(r"\s+(?:for|on|of|in)\b", found["link"]) and not _QUOTED.search(rest) and not re.search(r"retract|concern|errat|corrigend|withdraw", found[0], re.I):  # fmt: skip
            return None
        return _kind(found), _paper_in(rest)
    if found := _BEHIND.search(title):
        return _kind(found), _paper_in(title[: found.start()])
    return None


def withdrawn(comment: str) -> bool:
    """Whether a comment of arXiv, or what stands in place of an abstract, says that the paper was withdrawn."""
    return _WITHDRAWN.search(comment) is not None


def corrected_by(record: Mapping[str, Any]) -> list[dict[str, str]]:
    """The papers that a record corrects or retracts.

    Parameters
    ----------
    record : mapping
        With ``title``, and ``updates`` where Crossref says more.

    Returns
    -------
    list of dict
        ``kind``, with ``doi`` or ``title``; empty where it is no notice.
    """
    said = [{"kind": u["kind"], "doi": u["doi"]} for u in record.get("updates") or () if u.get("doi")]
    found = notice_in_title(str(record.get("title") or ""))
    # A title "RETRACTED: ..." is that of the paper itself, as publishers change it.
    if found is not None and found[1] and not is_marked(str(record.get("title") or "")):
        said.append({"kind": found[0], "title": found[1]})
    return said


def is_marked(title: str) -> bool:
    """Whether a title is that of a retracted paper itself, which publishers mark so."""
    return re.match(r"\s*[\[(]?(?:retracted(?: article| paper)?|withdrawn)[\])]?\s*[:：]", title, re.I) is not None or (
        re.search(r"[\[(](?:retracted(?: article| paper)?|withdrawn)[\])]\s*\.?$", title, re.I) is not None
    )


def sentence(kind: str, where: str, date: str = "") -> str:
    """What is told of a paper.

    Parameters
    ----------
    kind : str
    where : str
        Of the notice: DOI, citation key, or who says so.
    date : str
        ISO 8601; empty where nobody says.
    """
    what = {
        "retraction": "retracted", "withdrawal": "withdrawn", "removal": "removed by its publisher", "partial retraction": "retracted in part",
        "expression of concern": "an expression of concern was published",
    }.get(kind, f"{'an' if kind[0] in 'aeiou' else 'a'} {kind} was published")  # fmt: skip
    told = ", ".join(p for p in (where, date) if p)
    return f"{what} ({told})" if told else what


def joined(notices: Iterable[str]) -> str:
    """Notices in one line, each once, the grave ones first."""
    once = list(dict.fromkeys(n for n in notices if n))
    return "; ".join(
        sorted(once, key=lambda n: not n.startswith(("retracted", "withdrawn", "removed", "an expression")))
    )


def with_notices(document: Document, record: Mapping[str, Any], source: str) -> Document:
    """A document with the notices that a record tells of it, and with what it itself corrects."""
    said = [str(n) for n in record.get("notices") or ()]
    said += [sentence(u["kind"], f"{source}: doi:{u['doi']}" if u.get("doi") else source, str(u.get("date") or "")) for u in record.get("updated_by") or ()]  # fmt: skip
    corrects = corrected_by({**record, "title": record.get("title") or document.title})
    more = {**document.more, "corrects": corrects} if corrects else document.more
    return replace(document, notice=joined([*document.notice.split("; "), *said]), more=more)


def whereabouts(record: Any) -> str:
    """By what a notice is found."""
    names = {n: (record.get(n) if isinstance(record, Mapping) else getattr(record, n)) for n in ("doi", "bibcode", "arxiv")}  # fmt: skip
    if names["doi"]:
        return f"doi:{names['doi']}"
    return str(names["bibcode"] or "") or (f"arXiv:{names['arxiv']}" if names["arxiv"] else "")


def _kind(found: re.Match[str]) -> str:
    return next(kind for i, (kind, _p) in enumerate(_KINDS) if found[f"k{i}"])


def _paper_in(text: str) -> str:
    if quoted := _QUOTED.search(text):
        return quoted[1].strip(" .,")
    return _PLACE.sub("", text).strip(' .,:“”"《》')

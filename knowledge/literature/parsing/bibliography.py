"""Lists of references: BibTeX, RIS, and the other forms that ADS exports.  Each entry is a record of a document, with its abstract where it has one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gnomon.knowledge.literature.blocks import tidy
from gnomon.knowledge.literature.identifiers import BIBCODE, identifier_of
from gnomon.tools.errors import InputError

_MARK = r"<[A-Za-z/]|&\w+;|&#"
# Short names of journals that ADS writes as commands (https://ui.adsabs.harvard.edu/help/actions/journal-macros).
_JOURNALS = {
    "aj": "AJ", "apj": "ApJ", "apjl": "ApJL", "apjs": "ApJS", "aap": "A&A", "aaps": "A&AS", "mnras": "MNRAS", "pasp": "PASP", "pasj": "PASJ", "pasa": "PASA", "araa": "ARA&A",
    "nat": "Nature", "icarus": "Icarus", "prd": "PhRvD", "prl": "PhRvL", "jcap": "JCAP", "solphys": "SoPh", "ssr": "SSRv", "physrep": "PhR", "actaa": "AcA", "aapr": "A&ARv",
}  # fmt: skip


@dataclass(frozen=True)
class _Form:
    """A form of fields with tags.

    ``begins`` starts an entry, ``tag`` finds a tag and its first line; the other lines of a field follow without one.  ``fields`` says what a tag holds.
    """

    begins: str
    tag: str
    fields: dict[str, str]


# The forms of https://ui.adsabs.harvard.edu/help/actions/export, as https://github.com/adsabs/export_service writes them.  RIS is that of others, too.
_FORMS = {
    "ris": _Form(r"TY  - ", r"([A-Z][A-Z0-9])  -(?: |$)", {
        "AU": "authors", "A1": "authors", "TI": "title", "T1": "title", "JO": "journal", "JF": "journal", "T2": "journal", "VL": "volume", "SP": "page",
        "PY": "year", "Y1": "year", "DA": "year", "DO": "name", "UR": "name", "L1": "name", "ID": "name", "AN": "name", "M1": "name", "C1": "name",
        "AB": "abstract", "N2": "abstract",
    }),
    "endnote": _Form(r"%0 ", r"%(\S)(?: |$)", {
        "A": "authors", "T": "title", "J": "journal", "B": "journal", "V": "volume", "P": "page", "D": "year", "R": "name", "U": "name", "=": "name", "X": "abstract",
    }),
    "ads": _Form(r"%R ", r"%(\S)(?: |$)", {
        "R": "name", "A": "authors", "T": "title", "J": "journal", "V": "volume", "P": "page", "D": "year", "U": "name", "Y": "names", "B": "abstract",
    }),
    "refworks": _Form(r"RT ", r"([A-Z][A-Z0-9])(?: |$)", {
        "A1": "authors", "T1": "title", "JF": "journal", "VO": "volume", "SP": "page", "YR": "year", "DO": "name", "LK": "name", "AB": "abstract",
    }),
    "medlars": _Form(r"PT  - ", r"([A-Z]{2}  -|\d{4}-)(?: |$)", {
        "AU  -": "authors", "TI  -": "title", "TA  -": "journal", "VI  -": "volume", "PG  -": "page", "DP  -": "year", "4099-": "name", "AB  -": "abstract",
    }),
}  # fmt: skip


def looks_like_bibliography(text: str) -> str:
    """``bibtex``, ``ris``, ``endnote``, ``ads``, ``refworks`` or ``medlars`` where a text is such a list; empty where it is none."""
    if re.search(
        r"(?m)^\s*@(?:article|inproceedings|book|misc|phdthesis|techreport|software|dataset|incollection|unpublished|mastersthesis|proceedings)\s*[{(]",
        text,
        re.I,
    ):
        return "bibtex"
    if re.search(r"(?m)^TY  - ", text):
        return "ris" if re.search(r"(?m)^ER  -", text) else ""
    if re.search(r"(?m)^%0 \w", text) and re.search(r"(?m)^%[TA] ", text):
        return "endnote"
    if re.search(rf"(?m)^%R {BIBCODE.pattern}\s*$", text) and re.search(r"(?m)^%[TA] ", text):
        return "ads"
    if re.search(r"(?m)^RT \w", text) and re.search(r"(?m)^T1 ", text):
        return "refworks"
    return "medlars" if re.search(r"(?m)^PT  - ", text) and re.search(r"(?m)^TI  - ", text) else ""


def parse_bibliography(text: str, name: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Read a list of references.

    Parameters
    ----------
    text : str
        BibTeX, RIS, EndNote, or a form that ADS exports (tagged, RefWorks, MEDLARS).
    name : str
        Of the file, for errors.

    Returns
    -------
    records : list of dict
        ``key`` as the list names it, ``title``, ``authors``, ``year``, ``journal``, ``doi``, ``arxiv``, ``bibcode``, ``abstract``; only what is there.
    problems : list of str
        Entries that could not be read, in sentences.

    Raises
    ------
    InputError
        Where it is neither, or nothing in it can be read.
    """
    form = looks_like_bibliography(text)
    if not form:
        listed = (
            "a list for a paper (\\bibitem), which names no fields"
            if "\\bibitem" in text
            else "neither BibTeX nor RIS nor EndNote nor ADS's own form"
        )
        raise InputError(f"{name} is {listed}.", remedy="Export it again, best as BibTeX with abstracts.")
    records, problems = _bibtex(text) if form == "bibtex" else _tagged(text, _FORMS[form])
    if not records:
        raise InputError(
            f"{name} has no entry that can be read. {' '.join(problems[:2])}".strip(), remedy="Export it again."
        )
    return records, problems


def _bibtex(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    import bibtexparser
    from bibtexparser.bparser import BibTexParser

    parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False, interpolate_strings=True)
    entries = bibtexparser.loads(text, parser).entries
    written = len(re.findall(r"(?m)^\s*@(?!comment|string|preamble)\w+\s*[{(]", text, re.I))
    problems = [f"{written - len(entries)} of {written} entries could not be read."] if written > len(entries) else []
    return [r for e in entries if (r := _record_of_bibtex(e))], problems


def _record_of_bibtex(entry: dict[str, str]) -> dict[str, Any]:
    from gnomon.knowledge.literature.parsing.latex import plain

    told = {
        k: plain(v.strip("{}")) if k not in ("doi", "adsurl", "url", "eprint", "author") else v.strip("{} ")
        for k, v in entry.items()
    }
    command = re.match(r"\{*\\([a-z]+)\}*$", entry.get("journal", "").strip())
    journal = _JOURNALS.get(command[1], command[1]) if command else told.get("journal", "") or told.get("booktitle", "")
    out: dict[str, Any] = {
        "key": told.get("ID", ""), "title": told.get("title", "").strip("{}\""), "authors": _people(told.get("author", "")),
        "journal": _place(journal, told), "doi": _doi(told.get("doi", "")), "abstract": _abstract(told.get("abstract", "")),
    }  # fmt: skip
    if year := re.search(r"(?:1[5-9]|20)\d\d", told.get("year", "") or told.get("date", "")):
        out["year"] = int(year[0])
    if (arxiv := identifier_of(told.get("eprint", ""))) is not None and arxiv.kind == "arxiv":
        out["arxiv"] = arxiv.value
    if code := BIBCODE.search(told.get("adsurl", "").replace("%26", "&")):
        out["bibcode"] = code[0]
    elif BIBCODE.fullmatch(told.get("ID", "")):
        out["bibcode"] = told["ID"]
    return {k: v for k, v in out.items() if v}


def _people(said: str) -> list[str]:
    from gnomon.knowledge.literature.parsing.latex import plain

    return [
        name
        for a in re.split(r"\s+and\s+", said)
        if (name := plain(a.replace("~", " ")).replace("{", "").replace("}", "")) and name != "others"
    ]


def _place(journal: str, told: dict[str, str]) -> str:
    """Journal, volume and page: ``A&A, 391, 369``."""
    page = re.split(r"[-–]", told.get("pages", "") or told.get("eid", ""))[0]
    return ", ".join(p for p in (journal, told.get("volume", ""), page) if p) if journal else ""


def _doi(said: str) -> str:
    found = re.search(r"10\.\d{4,9}/[^\s{}]+", said.replace("\\_", "_"))
    return found[0] if found else ""


def _tagged(text: str, form: _Form) -> tuple[list[dict[str, Any]], list[str]]:
    """The entries of a list in fields with tags."""
    records: list[dict[str, Any]] = []
    problems: list[str] = []
    plain = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    head, *parts = re.split(rf"(?m)^(?={form.begins})", re.sub(r"(?m)^ER  -.*$", "", plain))
    if re.search(rf"(?m)^{form.tag}", head):
        problems.append("What stands before the first entry has no type, and was left out.")
    for number, part in enumerate(parts, start=1):
        told: dict[str, list[str]] = {}
        pieces = re.split(rf"(?m)^{form.tag}", part)
        for tag, said in zip(pieces[1::2], pieces[2::2], strict=True):
            if tag in form.fields and tidy(said):
                told.setdefault(form.fields[tag], []).append(tidy(said))
        record = _record_of_tagged(told)
        if record.get("title") or record.get("abstract"):
            records.append(record)
        else:
            problems.append(f"Entry {number} has neither a title nor an abstract, and was left out.")
    return records, problems


def _record_of_tagged(told: dict[str, list[str]]) -> dict[str, Any]:
    """A record of fields, of which some come several times."""

    def first(name: str) -> str:
        return told.get(name, [""])[0]

    out: dict[str, Any] = {
        # ADS writes all authors in one field, and others each in one.
        "authors": [a for said in told.get("authors", []) for a in re.split(r"\s*;\s*", said) if a],
        "title": _plain_marks(first("title")), "abstract": _abstract(first("abstract")),
        "journal": ", ".join(p for p in (first("journal"), first("volume"), re.sub(r"(?<=\d)\s*[-–].*", "", first("page"))) if p) if first("journal") else "",
    }  # fmt: skip
    if year := next((m for said in told.get("year", []) if (m := re.search(r"(?:1[5-9]|20)\d\d", said))), None):
        out["year"] = int(year[0])
    named = [*told.get("name", []), *(part for said in told.get("names", []) for part in said.split(";"))]
    for said in named:
        name = identifier_of(re.sub(r"^\s*(?:eprint(?:id)?|DOI)\s*:\s*", "", said, flags=re.I))
        if name is not None:
            out.setdefault(name.kind, name.value)
            if code := BIBCODE.search(said):
                out.setdefault("bibcode", code[0])
        elif (doi := _doi(said)) and "://" not in said:
            out.setdefault("doi", doi)
    return {k: v for k, v in out.items() if v}


def _abstract(said: str) -> str:
    """An abstract without the marks of HTML; empty where ADS says that it has none."""
    from gnomon.tools.archives.literature.marked_text import abstract_of

    # LaTeX and its formulae stay what they are where there is no mark.
    return abstract_of(said) if re.search(_MARK, said) or len(said) < 40 else tidy(said)


def _plain_marks(said: str) -> str:
    from gnomon.tools.archives.literature.marked_text import marked_up

    return marked_up(said) if re.search(_MARK, said) else tidy(said)

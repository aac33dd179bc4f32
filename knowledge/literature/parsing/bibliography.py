"""Lists of references: BibTeX, as ADS exports it too, and RIS.  Each entry is a record of a document, with its abstract where it has one."""

from __future__ import annotations

import re
from typing import Any

from gnomon.knowledge.literature.blocks import tidy
from gnomon.tools.errors import InputError

# Short names of journals that ADS writes as commands (https://ui.adsabs.harvard.edu/help/actions/journal-macros).
_JOURNALS = {
    "aj": "AJ", "apj": "ApJ", "apjl": "ApJL", "apjs": "ApJS", "aap": "A&A", "aaps": "A&AS", "mnras": "MNRAS", "pasp": "PASP", "pasj": "PASJ", "pasa": "PASA", "araa": "ARA&A",
    "nat": "Nature", "icarus": "Icarus", "prd": "PhRvD", "prl": "PhRvL", "jcap": "JCAP", "solphys": "SoPh", "ssr": "SSRv", "physrep": "PhR", "actaa": "AcA", "aapr": "A&ARv",
}  # fmt: skip
_RIS = {
    "TI": "title",
    "T1": "title",
    "JO": "journal",
    "JF": "journal",
    "T2": "journal",
    "DO": "doi",
    "AB": "abstract",
    "N2": "abstract",
}
_ARXIV = re.compile(r"(?:arxiv:?\s*|abs/)?(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7})$", re.I)


def looks_like_bibliography(text: str) -> str:
    """``bibtex`` or ``ris`` where a text is such a list; empty where it is none."""
    if re.search(
        r"(?m)^\s*@(?:article|inproceedings|book|misc|phdthesis|techreport|software|dataset|incollection|unpublished|mastersthesis|proceedings)\s*[{(]",
        text,
        re.I,
    ):
        return "bibtex"
    return "ris" if re.search(r"(?m)^TY  - ", text) and re.search(r"(?m)^ER  -", text) else ""


def parse_bibliography(text: str, name: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Read a list of references.

    Parameters
    ----------
    text : str
        BibTeX or RIS.
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
        raise InputError(f"{name} is neither BibTeX nor RIS.", remedy="Export it again in one of these.")
    records, problems = _bibtex(text) if form == "bibtex" else _ris(text)
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
        "journal": _place(journal, told), "doi": _doi(told.get("doi", "")), "abstract": told.get("abstract", ""),
    }  # fmt: skip
    if year := re.search(r"(?:1[5-9]|20)\d\d", told.get("year", "") or told.get("date", "")):
        out["year"] = int(year[0])
    if arxiv := _ARXIV.search(told.get("eprint", "")):
        out["arxiv"] = arxiv[1]
    if code := re.search(r"abs/((?:19|20)\d\d[^\s/]{15})", told.get("adsurl", "").replace("%26", "&")):
        out["bibcode"] = code[1]
    elif re.fullmatch(r"(?:19|20)\d\d[A-Za-z&.]{5}[\w.]{9}[A-Z]", told.get("ID", "")):
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


def _ris(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    records: list[dict[str, Any]] = []
    problems: list[str] = []
    for number, part in enumerate(re.split(r"(?m)^ER  -.*$", text), start=1):
        if not re.search(r"(?m)^TY  - ", part):
            if part.strip():
                problems.append(f"Entry {number} has no type, and was left out.")
            continue
        told: dict[str, Any] = {"authors": []}
        for tag, said in re.findall(r"(?m)^([A-Z][A-Z0-9])  - ?(.*(?:\n(?![A-Z][A-Z0-9]  -).+)*)", part):
            said = tidy(said)
            if tag in ("AU", "A1") and said:
                told["authors"].append(said)
            elif tag in ("PY", "Y1", "DA") and (year := re.search(r"(?:1[5-9]|20)\d\d", said)):
                told.setdefault("year", int(year[0]))
            elif tag in _RIS and said:
                told.setdefault(_RIS[tag], _doi(said) if tag == "DO" else said)
            elif tag in ("UR", "L1", "ID", "AN", "M1", "C1") and (arxiv := _ARXIV.search(said)):
                told.setdefault("arxiv", arxiv[1])
            elif tag in ("VL", "SP"):
                told[tag] = said
        told["journal"] = ", ".join(p for p in (told.pop("journal", ""), told.pop("VL", ""), told.pop("SP", "")) if p)
        records.append({k: v for k, v in told.items() if v})
    return records, problems

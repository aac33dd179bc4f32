"""What a block of a report claims: numbers, citations, receipt labels, names, digests, times, versions and counts.

Nothing here knows a run; whether a claim is true is decided elsewhere.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from gnomon.agents.receipts_check.blocks import CELL, CLOSE, OPEN, Block
from gnomon.agents.receipts_check.items import Form, Item, Number
from gnomon.agents.receipts_check.units import unit_at
from gnomon.agents.receipts_check.words import alternatives, words
from gnomon.agents.receipts_check.written_numbers import numbers_in
from gnomon.knowledge.glossary import find as find_term

_LABEL = re.compile(f"{OPEN}(\\w+){CLOSE}")
_DOI = re.compile(r"(?:(?<=doi:)\s?|(?<=doi\.org/)|\b(?=10\.\d{4,9}/))[^\s,;<>|\ue000-\ue003，；。、）]+", re.I)
_BIBCODE = re.compile(
    r"(?<=/abs/)[^\s<>)\]]+|(?<![\w.])\d{4}[A-Za-z&.](?:[A-Za-z&.]|%26){4}[A-Za-z0-9.]{9}[A-Z](?![A-Za-z0-9])"
)
_PREPRINT = re.compile(r"(?i)\b(?:arxiv|ascl)\s*:\s*(?:[a-z-]+/)?\d[\d.]*\d(?:v\d+)?")
_SURNAME = r"(?<![A-Za-z])[A-ZÀ-ÖØ-ÞŠŽČŁŚ][A-Za-zÀ-žʼ]*[a-zß-ž](?:['’-][A-Za-zÀ-ž]+)*"
_YEAR = r"(?:1[6-9]|20)\d\d[a-z]?(?!\.?\d)"
_WORK = re.compile(
    rf"(?P<names>{_SURNAME}(?:(?:,\s+{_SURNAME})*,?\s+(?:&|and|与|和)\s+{_SURNAME}|\s+(?:Collaboration|Team|Consortium))?)"
    rf"(?P<etal>\s+et\s+al\.?|\s*等人?)?(?:\s*[,(（\[]\s*|\s+)(?P<year>{_YEAR})"
)
_ET_AL = re.compile(rf"(?P<names>{_SURNAME})(?P<etal>\s+et\s+al\b\.?)")
_WORK_ZH = re.compile(rf"(?P<names>[\u4e00-\u9fff]{{2,4}}?)(?P<etal>等人?)\s*[（(]\s*(?P<year>{_YEAR})")
_MARK = re.compile(r"(?<![A-Za-z\d])\[\s*\d{1,3}(?:\s*[,–-]\s*\d{1,3})*\s*\]")
_HASH = re.compile(r"(?<![0-9A-Za-z_-])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f]|\d{64})[0-9a-f]{7,64}(?![0-9A-Za-z_])")
_RUN = re.compile(r"(?<!\d)\d{8}-\d{6}-(?:[0-9a-f]{8}|[0-9a-f]{6})(?![0-9a-z])")
_TIME = re.compile(
    r"(?<![\d-])\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z| ?UTC)?(?![\d-])|(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:])"
)
_DATE_ZH = re.compile(r"(?<!\d)(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_FILE = re.compile(
    r"(?<![\w/.-])[\w./%+-]*\.(?:csv|txt|dat|tbl|ecsv|fits?|parquet|nc|png|pdf|svg|jsonl?|ya?ml|h5|hdf5|md|html|py|log|tsv|vot|xml)(?![\w])",
    re.A,
)
_CODE = re.compile(
    r"(?<![A-Za-z0-9_.-])(?=[A-Za-z0-9_-]*[A-Za-z])(?:[A-Z][A-Za-z0-9]*-\d[\dA-Za-z-]*|[A-Za-z_][A-Za-z0-9_]*\d[A-Za-z0-9_]*)(?![A-Za-z0-9_])"
)
_VERSION = re.compile(
    r"(?<![\w.])(?P<name>[A-Za-z][\w-]*(?:\.[A-Za-z]\w*)?)[ ]+(?:version |v)?(?P<version>\d+(?:\.\d+)+(?:[a-z]+\d*|\.?(?:post|dev|rc)\d+)?)(?![\w])"
)
_DOTTED = re.compile(r"(?<![\w.])v?\d+(?:\.\d+){2,}(?:[a-z]+\d*)?(?![\w])")


@cache
def designation() -> re.Pattern[str]:
    """Names of things in the sky, as catalogues write them."""
    names = "|".join(words()["designations"])
    return re.compile(
        rf"(?<![A-Za-z0-9])(?:{names})(?:[ -]?|(?<=\d)[ -])[JB]?\d[\d.+-]*(?<![.+-])(?:[ ]?[A-Za-z](?![A-Za-z]))?"
    )


@cache
def _labelled() -> tuple[re.Pattern[str], re.Pattern[str]]:
    nouns = alternatives(words()["labelled"])
    ordinals = alternatives(words()["ordinals"])
    one = r"(?:\d{1,3}(?!\d|\.\d|[ \u2009]?[%°])|[b-i](?![A-Za-z]))"
    several = rf"{one}(?:\s*(?:,|，|、|and|&|和|与|到|至|–|-|to)\s*{one})*"
    return (
        re.compile(
            rf"(?<![A-Za-z])(?:{nouns})\s*(?:No\.?\s*|#\s*)?(?P<which>{several})(?!\s*(?:d|m/s|天|颗|个|au|{CELL})\b)"
        ),
        re.compile(rf"(?<![A-Za-z\d])(?P<which>{ordinals})\s*(?:颗|个|组)?\s*(?:{nouns})"),
    )


@cache
def _figure() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z])(?:{alternatives(words()['figures'])})\s*(?P<which>\d{{1,3}})(?!\d|\.\d)")


@cache
def _counts() -> list[re.Pattern[str]]:
    nouns = [n for group in words()["nouns"] for n in group]
    english = alternatives(n for n in nouns if n.isascii())
    chinese = "|".join(sorted((n for n in nouns if not n.isascii()), key=len, reverse=True))
    small = "|".join(words()["small"])
    small_zh = "|".join(sorted(words()["small_zh"], key=len, reverse=True))
    only = alternatives(w for w in words()["only"] if w.isascii())
    only_zh = "|".join(w for w in words()["only"] if not w.isascii())
    return [
        re.compile(rf"(?i)(?<![A-Za-z-])(?P<number>{small})\s+(?:[a-z-]+\s+){{0,2}}?(?P<noun>{english})"),
        re.compile(rf"(?<!第)(?P<number>{small_zh})\s*[颗个次条行步张幅份篇种台]\s*(?:[\u4e00-\u9fff]{{0,3}}?)(?P<noun>{chinese})"),
        re.compile(rf"(?i)(?<![A-Za-z])(?:{only})\s+(?P<number>one)\s+(?:[a-z-]+\s+){{0,1}}?(?P<noun>{english})"),
        re.compile(rf"(?:{only_zh})(?P<number>一)\s*[颗个次条]\s*(?:[\u4e00-\u9fff]{{0,3}}?)(?P<noun>{chinese})"),
    ]  # fmt: skip


@cache
def _compared() -> list[re.Pattern[str]]:
    return [re.compile(p, re.I) for p in words()["compared"]]


@cache
def _date_en() -> re.Pattern[str]:
    months = "|".join(sorted(words()["months"], key=len, reverse=True))
    return re.compile(
        rf"(?i)(?<!\d)(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{months})\.?,?\s+\d{{4}}|(?:{months})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}})(?!\d)"
    )


def claims(block: Block) -> list[Item]:
    """What a block claims, in the order in which it stands there."""
    found: list[Item] = []
    text = block.text

    def take(form: Form, start: int, end: int, name: str = "", year: str = "") -> None:
        nonlocal text
        found.append(Item(form, start, end, block.text[start:end], name=name, year=year))
        text = text[:start] + "\ue003" * (end - start) + text[end:]

    for match in _LABEL.finditer(text):
        take("label", *match.span(), match[1])
    for pattern, form in ((_DOI, "doi"), (_BIBCODE, "bibcode"), (_PREPRINT, "bibcode")):
        for match in list(pattern.finditer(text)):
            end = match.end() - (len(match[0]) - len(_closed(match[0])))
            take(form, match.start(), end)  # type: ignore[arg-type]
    for match in list(re.finditer(r"https?://[^\s<>\ue000-\ue003]+", text)):
        if any(c.isdigit() for c in match[0]):
            take("name", *match.span())
    _take_works(text, take)
    for match in list(_MARK.finditer(text)):
        if not re.search(r"\d\s*$", text[: match.start()]):
            take("mark", *match.span())
    for match in list(_VERSION.finditer(text)):
        # With two points it is a version and nothing else, though its package be called like a file (ruamel.yaml) or an object (rfc8785).
        if match["version"].count(".") > 1:
            found.append(Item("version", *match.span("version"), match["version"], name=match["name"]))
            text = text[: match.start()] + "\ue003" * len(match[0]) + text[match.end() :]
    for pattern, form in (
        (_RUN, "name"),
        (_FILE, "name"),
        (_TIME, "time"),
        (_DATE_ZH, "time"),
        (_date_en(), "time"),
        (_HASH, "hash"),
    ):
        for match in list(pattern.finditer(text)):
            if form != "name" or any(c.isdigit() for c in match[0]):
                take(form, *match.span())  # type: ignore[arg-type]
            else:
                text = text[: match.start()] + "\ue003" * len(match[0]) + text[match.end() :]
    for match in list(designation().finditer(text)):
        take("name", *match.span())
    for pattern in _labelled():
        for match in list(pattern.finditer(text)):
            end, which = match.end(), match["which"]
            if re.match(r"[A-Za-z]+s\b", match[0]) and which.isdigit():
                continue  # "of the candidates 400 are odd": several, and one number, which counts them
            while unit_at(text, end)[0] and re.search(r"[\s,，、&]", which):
                # "planet 1, 13 Earth masses": what has a unit is no name
                which = re.sub(r"\s*(?:,|，|、|and|&|和|与|到|至|–|-|to)\s*\w+$", "", which)
                end = match.start("which") + len(which)
            take("object", match.start(), end, which)
    for match in list(_figure().finditer(text)):
        take("figure", *match.span(), match["which"])
    for match in list(_CODE.finditer(text)):
        if not re.fullmatch(r"[A-Za-z]+\^?\d", match[0]) and not unit_at(text, match.start())[0]:
            take("name", *match.span())
    for pattern in _compared():
        for match in list(pattern.finditer(text)):
            if not any(text[match.start() :].lower().startswith(w) for w in words()["compared_not"]):
                take("compared", *match.span())
    for pattern in _counts():
        for match in list(pattern.finditer(text)):
            number = {**words()["small"], **words()["small_zh"], "one": 1, "一": 1}[match["number"].lower()]
            start = match.start("number")
            take("count", start, start + len(match["number"]), match["noun"])
            found[-1].number = Number(float(number), 0, 1)
    for match in list(_VERSION.finditer(text)):
        if not unit_at(text, match.end())[0]:
            found.append(Item("version", *match.span("version"), match["version"], name=match["name"]))
    versions = {(i.start, i.end) for i in found if i.form == "version"}
    for match in list(_DOTTED.finditer(text)):
        if match.span() not in versions:
            take("version", *match.span())
    for item in found:
        if item.form == "version" and item.text.count(".") > 1:
            text = text[: item.start] + "\ue003" * (item.end - item.start) + text[item.end :]
    numbers = numbers_in(block.text, text)
    # A number with one point after a name is a version where the record knows the name; both readings are kept for the check.
    return sorted([*found, *numbers], key=lambda i: (i.start, i.form == "number"))


def _closed(text: str) -> str:
    """A DOI without the closing punctuation of the sentence around it."""
    text = text.rstrip(".:'\"”*_`↗")
    while text.endswith((")", "]")) and text.count("(") + text.count("[") < text.count(")") + text.count("]"):
        text = text[:-1].rstrip(".")
    return text


def _take_works(text: str, take: Any) -> None:
    refused = {w.lower() for w in words()["not_authors"]} | set(words()["months"])
    taken: list[tuple[int, int]] = []
    for pattern in (_WORK, _WORK_ZH, _ET_AL):
        for match in pattern.finditer(text):
            names = match["names"]
            first = re.split(r"[\s,]", names)[0]
            if first.lower() in refused or any(a < match.end() and match.start() < b for a, b in taken):
                continue
            year = match.groupdict().get("year") or ""
            alone = names == first and not match["etal"] and not re.search(r"[(（\[]", match[0])
            if alone and (find_term(first) or unit_at(text, match.end())[0]):
                continue  # a quantity of 1690 d at the start of a sentence
            taken.append(match.span())
            take("work", match.start(), match.end(), names + (" et al." if match["etal"] else ""), year)

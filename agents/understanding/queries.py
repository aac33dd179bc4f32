"""Queries in ADQL, addresses and names of tables that stand in a question."""

from __future__ import annotations

import re

from gnomon.agents.understanding.slot import Slot

_QUERY = re.compile(
    r"(?<![A-Za-z])(?:SELECT\b(?P<columns>[\s\S]{1,4000}?)\bFROM\s+(?!(?:the|this|that|these|those|my|our|an|a\s+(?:file|table|list|catalog)\w*|all|any|it|them)\b)[\w\"(]|WITH\s+\w+\s+AS\s*\()",
    re.I,
)
# The beginning of what can be nothing else, though it goes on as no query does.
_BEGUN = re.compile(r"(?<![A-Za-z])SELECT\s+(?:(?:DISTINCT\s+)?TOP\s+\d+\s+\S|\*|\w+\s*,\s*\w+|COUNT\s*\()")
# Words in a row, as no list of columns has them.
_PLAIN_WORDS = re.compile(r"^\s*(?!DISTINCT\b|TOP\b|ALL\b)[A-Za-z]+\s+(?!AS\b)[A-Za-z]+\s+(?!AS\b)[A-Za-z]", re.I)
_CLOSING = {"`": "`", '"': '"', "“": "”", "「": "」", "'": "'"}
# Where a query ends that stands in no quotation marks: before what is said about it.
_AFTER = re.compile(
    r"\s*(?:;|```|[。？！；]|，(?![^，]*\b(?:FROM|WHERE|AND|ORDER|GROUP)\b)|\n\s*\n"
    r"|[,.]?\s+(?-i:please|run|execute|send|submit|and (?:give|show|tell|send|plot|keep|e-?mail|mail|post|save|draw|list)|thanks|pls)\b"
    r"|[,.]?\s+(?-i:on|at|via|using|against|from|to)\s+(?:the\s+)?(?:TAP|[A-Z][\w-]*(?!\s*[.=<>\w(])|Gaia|VizieR|SIMBAD|NED|IRSA|MAST|ESO)(?=[\s.,?!]|$)"
    r"|[,.]?\s+(?:(?:on|at|via|using|against|from|to)\s+)?https?:"
    r"|\s*[\u4e00-\u9fff])",
    re.I,
)
_ADDRESS = re.compile(r"https?://[^\s\0<>\"'“”，。；（）]+(?<![.,;:!?)])", re.I)
# A table of VizieR: a roman numeral or J, and its parts: I/239/hip_main, J/A+A/616/A1.
_TABLE = re.compile(
    r"(?<![A-Za-z0-9/])(?:VizieR:)?((?:[IVX]{1,4}|B)/\d{1,4}[A-Za-z]?(?:/[\w.+-]+)*|J/(?:[A-Za-z&+.]+|other/[A-Za-z]+)/[\w.+-]+(?:/[\w.+-]+)*|B/[a-z]\w+(?:/[\w.+-]+)*)"
)


def find_queries(text: str) -> list[Slot]:
    """The first query in ADQL of a text, whole, as it was written.

    A query ends with its quotation mark, else before words that speak about it (``… on the Gaia archive``).
    """
    match = next((m for m in _QUERY.finditer(text) if not _PLAIN_WORDS.match(m["columns"] or "")), None)
    match = match or _BEGUN.search(text)
    if match is None:
        return []
    start = match.start()
    before = text[:start].rstrip()
    if before.endswith("```") or re.search(r"```\s*(?:sql|adql)$", before, re.I):
        end = text.find("```", start)
    elif before[-1:] in _CLOSING and before:
        end = text.find(_CLOSING[before[-1]], start) if before[-1] != "'" else text.rfind("'")
    else:
        after = _AFTER.search(text, match.end())
        end = after.start() if after else len(text)
    query = text[start : end if end > start else len(text)].rstrip(" \n\t;.?!。？")
    return [Slot("adql", query, start, start + len(query), query)]


def find_addresses(text: str) -> list[Slot]:
    """Addresses on the web, and names of tables of VizieR."""
    addresses = [Slot("address", m[0], m.start(), m.end(), m[0]) for m in _ADDRESS.finditer(text)]
    tables = [Slot("table", m[0], m.start(), m.end(), m[1], name="VizieR") for m in _TABLE.finditer(text)]
    return addresses + tables

"""Columns that a question names: ``the flux column is SAP_FLUX``, ``jd is the time, vel the RV``, ``流量列叫 flux_norm``."""

from __future__ import annotations

import re
from functools import cache

from gnomon.agents.embedded.words import words
from gnomon.agents.understanding.grammar import whole
from gnomon.agents.understanding.slot import Slot
from gnomon.knowledge.observatories import find_telescope

# A name of a column: in quotation marks, or one word of letters, digits and underscores.
_NAME = r"[\"'“‘`「]?(?P<name>[A-Za-z][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*)[\"'”’`」]?"
# One that looks like no word of a sentence: with an underscore, a digit, capitals, or in quotation marks.
_CODE = r"(?:[\"'“‘`「](?P<quoted>[A-Za-z][\w. -]*)[\"'”’`」]|(?P<name>[A-Za-z]\w*_\w+|[A-Za-z]+\d\w*|[A-Z]{3,}|[A-Z]+[a-z]+[A-Z]\w*))"
# One that can be nothing else: in quotation marks, or with an underscore.
_MARKED = r"(?:[\"'“‘`「](?P<quoted>[A-Za-z][\w.-]*)[\"'”’`」]|(?P<name>[A-Za-z]\w*_\w+))"
_WORD = r"[\"'“‘`「]?(?P<name>[A-Za-z]\w*)[\"'”’`」]?"
_IN = r"(?:in|from|under|stored in|在)"
_AS = r"(?:as|for|holds|has|is|contains|gives|作为|当作|做为|是|为)"
_IS = r"(?:(?:is|are|named|called|should be|stored in|in|from|under)(?![A-Za-z])|=|:|是|为|叫做?|用|取|名为|：|在)"


def find_column(question: str, parameter: str) -> Slot | None:
    """The column that the question says holds what a parameter (``flux_column``) wants; None where it says none.

    A word that could be any word is taken for a column only where the question says ``column``, or names another column in the same breath.
    """
    what = parameter.removesuffix("_column")
    if what not in words()["columns"]:
        return None
    of = _of(what)
    for pattern, is_said, folds in (
        (rf"{of}\s*(?:values?\s*|data\s*)?(?:columns?|列名?)\s*(?:{_IS}\s*)*{_NAME}", True, True),
        (rf"{of}\s*[=:：]\s*{_NAME}", True, True),
        (rf"{of}\s*(?:is|are)?\s*(?:called|named|叫做?|名为)\s*{_NAME}", True, True),
        (
            rf"{of}\s*(?:(?:is|are|be)\s*(?:(?:given|found|listed|stored|recorded)\s*)?)?{_IN}\s*(?:the\s*)?(?:columns?\s*)?{_CODE}(?:\s*(?:column|列))?",
            True,
            False,
        ),
        (rf"{of}\s*(?:(?:is|are)\s*)?{_IN}\s*(?:the\s*)?columns?\s*(?:called|named)?\s*{_NAME}", True, True),
        (rf"{of}\s*(?:(?:is|are)\s*)?{_IN}\s*(?:the\s*)?{_NAME}\s*(?:column|列)", True, True),
        (rf"(?:columns?|列)\s*{_WORD}\s*{_AS}\s*(?:the\s*|its\s*|their\s*)?{of}", True, True),
        (rf"{_CODE}\s*(?:columns?|列)?\s*{_AS}\s*(?:the\s*|my\s*|its\s*|their\s*)?{of}", True, False),
        (rf"{of}\s*(?:is|=|:)?\s*{_MARKED}", True, False),
        (rf"{_WORD}\s*[(（]\s*(?:the\s*)?{of}\s*[)）]", "column" in question.lower() or "列" in question, True),
        # Without a word that says what the column holds, its own name has to.
        (rf"{_CODE}\s*(?:columns?|列)", False, False),
        (rf"(?i:use|take|using|with|from|on|用|使用|取)\s*(?:the\s*)?(?:\w+\s+)?{_CODE}", False, False),
    ):
        for match in re.finditer(pattern, question, re.I if folds else 0):
            name = match.groupdict().get("quoted") or match["name"]
            if name is None or name.lower() in _ordinary() or not (is_said or _says(name, what)):
                continue
            if find_telescope(name) is not None:
                continue  # velocities from HARPS are in no column called so
            return _slot(question, match, name, parameter)
    return _in_one_breath(question, what, parameter) or _in_order(question, what, parameter)


def _slot(question: str, match: re.Match[str], name: str, parameter: str) -> Slot:
    return Slot("choice", match[0], match.start(), match.end(), name, name=parameter).inside(question)


def _says(name: str, what: str) -> bool:
    """Whether a column's own name says what it holds."""
    parts = re.split(r"[_.-]|(?<=[a-z])(?=[A-Z])", name.lower())
    return any(part in words()["columns"][what] for part in parts) and not (
        what != "error" and {"err", "error", "e"} & set(parts)
    )


def _in_one_breath(question: str, what: str, parameter: str) -> Slot | None:
    """``jd is the time, vel the RV, svel its uncertainty and tel the spectrograph``: one is said to be something, the others follow."""
    anything = "(?:" + "|".join(_of(w) for w in words()["columns"]) + ")"
    name = r"[\"'“‘`]?(?P<n{}>[A-Za-z]\w*)[\"'”’`]?"
    first = rf"{name}\s*(?:is|=|as|holds|has|gives|says which|tells the|是|为|作为|当作)\s*(?:the\s+|its\s+|their\s+)?(?P<w{{}}>{anything})"
    later = (
        rf"{name}\s*(?:(?:is|=|as|holds|has|for|是|为|作为|当作)\s*)?(?:the\s+|its\s+|their\s+)?(?P<w{{}}>{anything})"
    )
    chain = re.compile(
        first.format(0, 0)
        + "".join(rf"(?:\s*(?:,|;|，|、|；|and|,\s*and|和)\s*{later.format(i, i)})?" for i in range(1, 5)),
        re.I,
    )
    for match in chain.finditer(question):
        if match["n1"] is None:
            continue
        for i in range(5):
            if match[f"w{i}"] and re.fullmatch(_of(what), match[f"w{i}"], re.I):
                start, end = match.start(f"n{i}"), match.end(f"w{i}")
                return Slot("choice", question[start:end], start, end, match[f"n{i}"], name=parameter).inside(question)
    return None


def _in_order(question: str, what: str, parameter: str) -> Slot | None:
    """``the columns are t, v, e_v, inst: time, velocity, error, instrument``, in Chinese ``各列依次叫 t、v、e_v，分别是时间、视向速度、误差``."""
    item = r"[A-Za-z]\w*"
    listed = re.search(
        rf"(?:columns?|cols?|列名?)\s*(?:依次|分别)?\s*(?:are|is|called|named|:|叫|是|为)*\s*(?P<names>{item}(?:\s*(?:[,、，]|and|和)\s*{item})+)"
        rf"\s*[,:;，：；(（]?\s*(?:(?:i\.e\.|respectively|meaning|for|分别是|依次是|依次为|分别为)\s*|(?<=[(（])\s*)(?:the\s*)?(?P<things>[^.;。；)）]+)",
        question,
        re.I,
    )
    if listed is None:
        return None
    names = re.findall(item, re.sub(r"\band\b", ",", listed["names"]))
    things = [t for t in re.split(r"\s*(?:[,、，]|and|和)\s*", listed["things"]) if t]
    for name, thing in zip(names, things, strict=False):
        if re.search(_of(what), thing, re.I):
            return Slot("choice", listed[0], listed.start(), listed.end(), name, name=parameter).inside(question)
    return None


@cache
def _of(what: str) -> str:
    """What people call the contents of a column."""
    return "(?i:" + "|".join(whole(str(w)) for w in sorted(words()["columns"][what], key=len, reverse=True)) + ")"


@cache
def _ordinary() -> frozenset[str]:
    """Words that name no column."""
    of = {str(w).lower() for listed in words()["columns"].values() for w in listed}
    return frozenset(
        {
            *words()["empty"]["en"],
            "column",
            "columns",
            "file",
            "table",
            "data",
            "days",
            "day",
            "units",
            "unit",
            "order",
            "not",
            "first",
            "second",
            "third",
            "last",
            "same",
            "called",
            "named",
        }
        | (of - {"time", "flux", "rv", "err", "jd", "bjd"})
    )

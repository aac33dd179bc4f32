"""Refusals: what a question says it does not want, and which tools that leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.agents.embedded.tokens import content_tokens
from gnomon.tools.registry import Tool

if TYPE_CHECKING:
    from gnomon.agents.embedded.goals import Reading

# A tool with this share of what a refused text means at all is what is not wanted.
_SHARE = 0.4
# A refused text that means tools this rarely means none.
_MEANT = 0.5
_STOP = re.compile(r"[.;:,!?，。；：！？、\n](?!\d)|\s(?:--|–|—)\s")
_QUALITY = "detrended"
_ORBIT = re.compile(r"\borbits?\b|\bkepler(?:ian)s?\b|轨道", re.I)


@cache
def _patterns() -> dict[str, Any]:
    from ruamel.yaml import YAML

    told = YAML(typ="safe", pure=True).load(Path(__file__).with_name("refusals.yaml").read_text(encoding="utf-8"))

    def pattern(text: str) -> re.Pattern[str]:
        # Lines of the file are folded with a space, which belongs to no alternative.
        return re.compile(re.sub(r"\s+(?=\|)", "", text.strip()).replace(" ", r"\s+"), re.I)

    return {
        "before": [pattern(t) for t in told["before"].values()],
        "after": [pattern(t) for t in told["after"].values()],
        "never": pattern(told["never"]),
        "alone": pattern(told["alone"]),
        "within": re.compile(told["within"], re.I),
        "data": {kind: re.compile(t, re.I) for kind, t in told["data"].items()},
        "signs": {kind: re.compile(t, re.I) for kind, t in told["signs"].items()},
        "settings": re.compile(told["settings"], re.I),
        "only": {kind: re.compile(told["only"].replace("DATA", f"(?:{t})"), re.I) for kind, t in told["data"].items()},
        "things": {kind: pattern(t) for kind, t in told["things"].items()},
    }


def pieces(question: str) -> list[tuple[int, int]]:
    """The places between stops, and before and after words such as "without" that begin what is not wanted."""
    stops = sorted(
        {(m.start(), m.end()) for pattern in (_STOP, _patterns()["within"]) for m in pattern.finditer(question)}
    )
    out, position = [], 0
    for start, end in [*stops, (len(question), len(question))]:
        if start >= position and question[position:start].strip():
            out.append((position, start))
        position = max(position, end)
    return out


def refusal(piece: str) -> str | None:
    """What a piece of a question says is not wanted; None where it refuses nothing."""
    patterns = _patterns()
    if patterns["never"].search(piece):
        return None
    for before in patterns["before"]:
        if match := before.search(piece):
            return piece[match.end() :].strip() or match[0].strip()
    for after in patterns["after"]:
        if match := after.search(piece):
            said = piece[: match.start()].strip()
            return said or match[0].strip()
    return None


def alone(question: str) -> bool:
    """Whether the question says that it wants this and nothing with it."""
    return bool(_patterns()["alone"].search(question))


def things(text: str) -> frozenset[str]:
    """The kinds of things that a text speaks of."""
    return frozenset(kind for kind, pattern in _patterns()["things"].items() if pattern.search(text))


def data_said(text: str) -> frozenset[str]:
    """The kinds of data that a text names: "the photometry"."""
    return frozenset(kind for kind, pattern in _patterns()["data"].items() if pattern.search(text))


def data_meant(text: str) -> frozenset[str]:
    """The kinds of data that a text names, or that what it speaks of is seen in: transits, semi-amplitudes."""
    return frozenset(kind for kind, pattern in _patterns()["signs"].items() if pattern.search(text))


def left_out(question: str, refused: Sequence[str], kinds: Iterable[str]) -> frozenset[str]:
    """The kinds of data, out of those attached, that a question sets aside: "forget the velocities", "the photometry only".

    Parameters
    ----------
    question : str
        Without what it refuses.
    refused : sequence of str
        What it refuses.
    kinds : iterable of str
        Of the attached data.
    """
    kinds = frozenset(kinds)
    if len(kinds) < 2:
        return frozenset()
    out: set[str] = set()
    for text in refused:
        said = data_said(text)
        if len(said) == 1 and not things(text) - {"all"}:
            out |= said
    meant = data_meant(question)
    if not out and len(meant & kinds) == 1 and not meant - kinds:
        out |= kinds - meant  # all that it speaks of is seen in one of them
    for kind, only in _patterns()["only"].items():
        if only.search(question):
            out |= kinds - {kind}
    return frozenset(out & kinds) if out < kinds else frozenset()


_GENERAL = re.compile(
    r"\b(?:whatsoever|at all|either|please|kind|sort|of|any|me|with|too|yet|for|now|in|to|no|nor|and|or|the|your|my|bother|draw|make|show|produce|include|want|need|care|about|give|you|may|can|keep|leave|more|have)\b"
    r"|[的了做画出要张任何也什么所有全部各种一切我们对都先就给]+",
    re.I,
)


def _is_general(text: str) -> bool:
    """Whether a refused text says "figures" and not which."""
    rest = _patterns()["things"]["Figure"].sub(" ", text)
    rest = _patterns()["things"]["all"].sub(" ", rest)
    return not content_tokens(_GENERAL.sub(" ", rest))


def one_by_one(text: str) -> list[str]:
    """The things of a list: "figures nor model fits" are two."""
    return [t for t in re.split(r"\b(?:nor|or|and)\b|[、/]|(?:或者?|和|与|以及)(?!\w*的)", text) if t.strip()]


def refused_tools(texts: Sequence[str], readings: Sequence[Reading], tools: Iterable[Tool]) -> frozenset[str]:
    """The tools that refused texts mean.

    Parameters
    ----------
    texts : sequence of str
        What is not wanted, as `refusal` gives it.
    readings : sequence of Reading
        What each would mean as a wish.
    tools : iterable of Tool

    Returns
    -------
    frozenset of str
    """
    tools = list(tools)
    out: set[str] = set()
    for whole, reading in zip(texts, readings, strict=True):
        for text in one_by_one(whole):
            out |= _refused_by(text, reading, tools)
    return frozenset(out)


def _refused_by(text: str, reading: Reading, tools: Sequence[Tool]) -> set[str]:
    """The tools that one refused thing means."""
    said, meant = things(text), sum(p.value for p in reading.tools)
    if "Figure" in said:
        figures = [t for t in tools if t.kind.name == "Figure"]
        if _is_general(text):
            return set() if "all" in said else {t.name for t in figures}
        named = [p for p in reading.tools if p.meant.tool in figures]
        return {p.meant.name for p in named if p.value >= _SHARE * sum(p.value for p in named)}
    if _patterns()["settings"].search(text):
        return set()
    # A schedule that is brought may be read, where none is to be made.
    out = {
        t.name
        for t in tools
        if (t.kind.name in said and not (t.files and t.kind.name == "Schedule"))
        or (_QUALITY in said and t.kind.state == _QUALITY)
    }
    if _ORBIT.search(text):  # not the orbit: what fits transits may stay
        out = {t.name for t in tools if t.name in out and _speaks_of(text, t)} or out
    if out or "all" in said or data_said(text):
        return out
    likely = [p.meant.tool for p in reading.tools if p.value >= _SHARE * meant and meant >= _MEANT]
    return {t.name for t in likely if _speaks_of(text, t)}


def _speaks_of(text: str, tool: Tool) -> bool:
    """Whether a text has a word in common with what a tool says it does."""
    told = f"{tool.name.replace('_', ' ')} {tool.summary} {tool.declaration.summary_zh}"
    return bool(content_tokens(text) & content_tokens(told))


def refuses_figures(texts: Sequence[str]) -> bool:
    """Whether figures that would come along are not wanted."""
    return any("Figure" in things(t) and _is_general(t) for text in texts for t in one_by_one(text))

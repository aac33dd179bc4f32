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
_MEANT = 0.4
_STOP = re.compile(r"[.;:,!?，。；：！？、\n](?!\d)|\s(?:--|–|—)\s")
_QUALITY = "detrended"


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


def _is_general(text: str) -> bool:
    """Whether a refused text says "figures" and not which."""
    rest = re.sub(_patterns()["things"]["Figure"], " ", text)
    rest = re.sub(_patterns()["things"]["all"], " ", rest)
    return not content_tokens(re.sub(r"[的了做画出要张任何也什么]+", " ", rest))


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
    for text, reading in zip(texts, readings, strict=True):
        said = things(text)
        meant = sum(p.value for p in reading.tools)
        likely = {p.meant.name for p in reading.tools if p.value >= _SHARE * meant}
        if "Figure" in said:
            figures = [t for t in tools if t.kind.name == "Figure"]
            if _is_general(text):
                out |= set() if "all" in said else {t.name for t in figures}
            else:
                named = [p for p in reading.tools if p.meant.tool in figures]
                whole = sum(p.value for p in named)
                out |= {p.meant.name for p in named if p.value >= _SHARE * whole}
            continue
        kinds = said - {"all", "Figure", _QUALITY}
        if kinds:
            out |= {t.name for t in tools if t.kind.name in kinds}
        if _QUALITY in said:
            out |= {t.name for t in tools if t.kind.state == _QUALITY}
        if not kinds and _QUALITY not in said and meant >= _MEANT:
            out |= likely
    return frozenset(out)


def refuses_figures(texts: Sequence[str]) -> bool:
    """Whether figures that would come along are not wanted."""
    return any("Figure" in things(text) and _is_general(text) for text in texts)

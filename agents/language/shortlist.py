"""The short list: the tools that a question may mean and that its data lead to, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.planner import Considered, EmbeddedPlanner
from gnomon.agents.embedded.words import kind_phrase
from gnomon.agents.understanding.grammar import language_of
from gnomon.tools.registry import Registry, Tool

LONGEST = 8
# Offered from this likelihood on, of itself and relative to the first: fewer choices are easier ones.
_OFFERED, _RELATIVE = 0.02, 0.1
SOMETHING_ELSE = "something_else"
NOT_ENOUGH = "not_enough_information"


@dataclass(frozen=True)
class Candidate:
    """A tool that a question may mean, and how likely that is to the embedded planner."""

    tool: Tool
    probability: float


def shortlist(embedded: EmbeddedPlanner, considered: Considered, files: Sequence[Attached]) -> list[Candidate]:
    """At most eight tools that the files lead to and the question does not refuse."""
    drafts = embedded._drafts(files, considered.said)
    found = []
    for meant in considered.whole.tools:
        tool = meant.meant.tool
        if tool is None or tool.name not in drafts or meant.value < _OFFERED:
            continue
        if not considered.refused & {t.name for t, _inputs in drafts[tool.name].steps.values()}:
            found.append(Candidate(tool, meant.value))
    return [c for c in found if c.probability >= _RELATIVE * found[0].probability][:LONGEST]


def by_summary(tools: Sequence[Tool]) -> str:
    """A line for each tool: what it does."""
    return "\n".join(f"- {t.name}: {t.summary}" for t in tools)


def by_example(tools: Sequence[Tool], language: str) -> str:
    """A line for each tool, the other way about: what people ask who mean it, in the language of the question where they do."""
    lines = []
    for tool in tools:
        examples = [e for e in tool.declaration.examples if language_of(e) == language] or list(
            tool.declaration.examples
        )
        lines.append(f'- {tool.name}: "{examples[0]}"' if examples else f"- {tool.name}: {tool.summary}")
    return "\n".join(lines)


def kinds_of(files: Sequence[Attached]) -> str:
    """What the files are, in words; of their names and headers a choice needs nothing."""
    return " and ".join(dict.fromkeys(kind_phrase("en", f.attachment.kind) for f in files)) or "no data"


def likeliest_first(registry: Registry, considered: Considered) -> list[Tool]:
    """All tools, those that the question may mean before the others."""
    return sorted(registry.values(), key=lambda t: (-considered.free.of(t.name), t.name))

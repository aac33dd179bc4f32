"""A plan of observations for documents at hand, where no question has to be understood: read, look when targets can be seen, schedule, verify, draw, draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.compose import Composer, finish
from gnomon.agents.understanding.grammar import language_of
from gnomon.plans.plan import Plan
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Registry


def observing_plan(
    question: str,
    goals: Sequence[str],
    attached: Sequence[Attached],
    registry: Registry,
    arguments: Mapping[str, Mapping[str, object]],
) -> Plan:
    """The plan that leads from attached documents to some tools, with what goes with them unasked.

    Parameters
    ----------
    question : str
        What the plan says it is for, in English or Chinese; the plan speaks the same.
    goals : sequence of str
        Tools that end it, each reached from the documents and from those before it.
    attached : sequence of Attached
        Telescopes, requests, perhaps a schedule and events.
    registry : Registry
    arguments : mapping
        For each tool its arguments that are not the defaults.

    Raises
    ------
    UsageError
        Where a tool cannot be reached, because a document is not among them.
    """
    composer = Composer(registry)
    draft = composer.start([(f.attachment, f.reader) for f in attached])
    for name in goals:
        goal = registry.tool(name)
        grown = composer.reach(goal, draft)
        if grown is None:
            needed = ", ".join(sorted({str(p.kind) for p in goal.inputs if p.required}))
            raise UsageError(
                f"{name} needs {needed}, and these files do not give them.",
                remedy="Give telescopes and requests as docs/reference/observing.md describes them.",
            )
        draft = grown
    given = {(tool, name) for tool, told in arguments.items() for name in told}
    draft, _lacking = composer.accompany(draft, given)
    language = language_of(question)
    said = "{} is {}." if language == "en" else "{}：{}。"
    rows = max((f.attachment.rows for f in attached), default=0)
    return Plan(
        question=question,
        language=language,
        goal=str(registry.tool(goals[0]).kind),
        assumptions=[said.format(f.attachment.name, f.attachment.found) for f in attached],
        files=[f.attachment for f in attached],
        steps=finish(draft, {tool: dict(told) for tool, told in arguments.items()}, rows, language),
    )

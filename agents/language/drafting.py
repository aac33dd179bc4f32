"""A whole plan drafted by a model: structured output, checked by code, mended by the model at most three times."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.compose import evidence
from gnomon.agents.embedded.planner import Considered
from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.exchange import Message, estimated_tokens
from gnomon.agents.language.prompts import LIMIT, prompt, quoted, tokens_of
from gnomon.agents.language.shortlist import Candidate, likeliest_first
from gnomon.agents.language.support import read_argument
from gnomon.plans.arguments import complete
from gnomon.plans.check import check
from gnomon.plans.costs import with_costs
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Registry, Tool

ROUNDS = 3
"""How often findings go back to a model."""

_MOST_TOKENS = 1200
_MOST_STEPS = 12
_LONGEST_TEXT = 160
# What of a tool's schema a planner needs.
_OF_PARAMETER = ("name", "role", "kind", "type", "unit", "choices", "many", "required")


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DraftArgument(_Closed):
    """An argument as a model writes it."""

    name: str
    value: str
    words: str


class DraftInput(_Closed):
    """Where an input comes from: a step or a file; the other one is empty."""

    name: str
    step: str
    file: str


@cache
def _shape(tools: tuple[str, ...]) -> type[_Closed]:
    allowed: Any = Literal[tools]
    step = create_model(
        "DraftStep",
        __base__=_Closed,
        id=(str, ...),
        tool=(allowed, ...),
        arguments=(list[DraftArgument], Field(max_length=20)),
        inputs=(list[DraftInput], Field(max_length=10)),
    )
    return create_model(
        "DraftPlan",
        __base__=_Closed,
        steps=(list[step], Field(max_length=_MOST_STEPS)),  # type: ignore[valid-type]
        assumptions=(list[str], Field(max_length=5)),
        question_back=(str, ...),
    )


@dataclass
class Drafted:
    """What came of drafting.

    Parameters
    ----------
    plan : Plan or None
        Sound; None where none was reached.
    proposals : list of dict
        Each proposal, with what code said of it.
    """

    plan: Plan | None = None
    proposals: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ends(self) -> list[str]:
        """Tools of the steps that no other step uses."""
        if self.plan is None:
            return []
        used = {name for step in self.plan.steps for name in step.needs()}
        return [step.tool for step in self.plan.steps if step.id not in used]


def draft_prompt(
    registry: Registry, considered: Considered, candidates: Sequence[Candidate], files: Sequence[Attached]
) -> list[Message] | None:
    """The prompt for a whole plan, at most 4,000 tokens however many tools there are; None where the question alone is too long.

    One line for each tool, the likeliest first, as far as there is room; tools of the short list in full.
    """
    readers = {f.reader for f in files}
    full = [registry[name] for name in sorted(readers)] + _chain(registry, [c.tool for c in candidates])
    shown = [
        {
            "file": f"file_{number}",
            "name": f.attachment.name[:_LONGEST_TEXT],
            "kind": f.attachment.kind,
            "found": f.attachment.found[:_LONGEST_TEXT],
            "reader": f.reader,
        }
        for number, f in enumerate(files, 1)
    ]
    question, listed = quoted(considered.understood.question), quoted(shown)
    text = prompt("draft_plan.md")

    def filled(tools: Sequence[Tool], lines: Sequence[str]) -> list[Message]:
        schemas = "\n".join(quoted(_brief(t)) for t in tools)
        return text.messages(tools="\n".join(lines), schemas=schemas, files=listed, question=question)

    tools = list(dict.fromkeys(t.name for t in full))
    # The reader and what it takes to reach the likeliest tool come first, and the least likely go first.
    while tools and tokens_of(filled([registry[n] for n in tools], [])) > LIMIT * 3 // 4:
        tools.pop()
    lines: list[str] = []
    # A draft that is not sound goes back with what is wrong with it, and the prompt then holds both.
    room = LIMIT - LIMIT // 6 - tokens_of(filled([registry[n] for n in tools], []))
    every = likeliest_first(registry, considered)
    for tool in every:
        line = f"- {tool.name}: {tool.summary} -> {tool.kind}"
        room -= estimated_tokens(line)
        if room < 0:
            break
        lines.append(line)
    messages = filled([registry[n] for n in tools], lines)
    return messages if tools and tokens_of(messages) <= LIMIT else None


def _chain(registry: Registry, tools: Sequence[Tool]) -> list[Tool]:
    """The tools, each after what makes its inputs."""
    out: list[Tool] = []

    def add(tool: Tool, above: frozenset[str]) -> None:
        if tool in out or tool.name in above:
            return
        for parameter in tool.inputs:
            assert parameter.kind is not None
            for maker in registry.makers(parameter.kind)[:1]:
                add(maker, above | {tool.name})
        out.append(tool)

    for tool in tools:
        add(tool, frozenset())
    return out


def _brief(tool: Tool) -> dict[str, Any]:
    parameters = [{k: v for k, v in p.schema().items() if k in _OF_PARAMETER} for p in tool.parameters]
    return {"name": tool.name, "makes": str(tool.kind), "parameters": parameters}


def draft_plan(
    endpoint: Endpoint,
    registry: Registry,
    policy: Policy,
    considered: Considered,
    candidates: Sequence[Candidate],
    files: Sequence[Attached],
    like: Plan | None,
    drafted: Drafted,
) -> None:
    """Ask for a plan, and let the model mend it; what came of it is noted in `drafted`, also where the model fails midway.

    Raises
    ------
    LanguageError
        Where there is no usable answer.
    """
    messages = draft_prompt(registry, considered, candidates, files)
    if messages is None:
        drafted.proposals.append({"by": "draft", "code_said": ["The question is too long for a prompt."]})
        return
    first, digests = messages, prompt("draft_plan.md").digest
    shape = _shape(tuple(sorted(registry)))
    seen: set[str] = set()
    for _round in range(1 + ROUNDS):
        if tokens_of(messages) > LIMIT:
            return
        reply = endpoint.choose(messages, shape, _MOST_TOKENS, prompts=digests)
        proposed = reply.value.model_dump(mode="json")
        said = json.dumps(proposed, sort_keys=True, ensure_ascii=False)
        plan, dropped, findings = _made(registry, policy, considered, files, like, proposed)
        is_repeated = said in seen
        drafted.proposals.append(
            {
                "by": "draft",
                "proposed": proposed,
                "dropped": dropped,
                "code_said": ["This was proposed before."] if is_repeated else findings,
            }
        )
        if plan is not None and not findings:
            drafted.plan = plan
            return
        if is_repeated or not proposed["steps"]:
            return
        seen.add(said)
        repair = prompt("repair_plan.md")
        digests = {**prompt("draft_plan.md").digest, **repair.digest}
        messages = [
            *first,
            Message(role="assistant", content=quoted(proposed)),
            *repair.messages(findings=quoted(findings[:8])),
        ]


def _made(
    registry: Registry,
    policy: Policy,
    considered: Considered,
    files: Sequence[Attached],
    like: Plan | None,
    proposed: dict[str, Any],
) -> tuple[Plan | None, list[str], list[str]]:
    """The plan of a proposal, the arguments that were dropped, and what is wrong with it."""
    understood = considered.understood
    names = {f"file_{number}": f.attachment.name for number, f in enumerate(files, 1)}
    rows = max((f.attachment.rows for f in files), default=0)
    dropped: list[str] = []
    steps: list[Step] = []
    for number, raw in enumerate(proposed["steps"]):
        tool = registry[raw["tool"]]
        given: dict[str, Any] = {}
        for a in raw["arguments"]:
            read = read_argument(understood, tool, a["name"], a["value"], a["words"])
            if read.refused:
                dropped.append(f"{raw['id']}.{a['name']} = {a['value']!r}: {read.refused}")
            else:
                given[a["name"]] = [read.written] if _is_many(tool, a["name"]) else read.written
        inputs: dict[str, Ref | list[Ref]] = {}
        try:
            for i in raw["inputs"]:
                ref = Ref(step=i["step"] or None, file=names.get(i["file"], i["file"]) or None)
                inputs[i["name"]] = [ref] if _is_many(tool, i["name"]) else ref
            steps.append(
                Step(
                    id=raw["id"],
                    tool=tool.name,
                    version=tool.version,
                    arguments=complete(tool, given),
                    inputs=inputs,
                    kind=str(tool.kind),
                    effects=list(tool.effects),
                    cost=tool.cost(rows),
                    why=tool.declaration.summary_zh if understood.language == "zh" else tool.summary,
                    evidence=evidence(tool),
                )
            )
        except ValidationError as error:
            return None, dropped, [f"steps[{number}]: {error.errors()[0]['msg']}."]
        except PlanError as error:
            return None, dropped, [f"steps[{number}]: {error}"]
    if not steps:
        return None, dropped, ["The plan has no steps."]
    plan = Plan(
        question=understood.question,
        language=understood.language,
        goal=steps[-1].kind,
        assumptions=list(like.assumptions) if like else [],
        missing=[],
        files=[f.attachment for f in files],
        steps=steps,
        understood=like.understood if like else None,
        not_understood=like.not_understood if like else None,
    )
    plan = with_costs(plan, registry)
    wrong = _wrong_readers(plan, files)
    return plan, dropped, wrong + [str(f) for f in check(plan, registry, policy) if f.severity == "error"]


def _wrong_readers(plan: Plan, files: Sequence[Attached]) -> list[str]:
    """A file that is read by a tool which did not recognise it."""
    readers = {f.attachment.name: f.reader for f in files}
    return [
        f"steps.{step.id}: {ref.file} is read with {readers[ref.file]}."
        for step in plan.steps
        for ref in step.refs()
        if ref.file in readers and readers[ref.file] != step.tool
    ]


def _is_many(tool: Tool, name: str) -> bool:
    parameter = tool.parameter(name)
    return parameter is not None and parameter.many

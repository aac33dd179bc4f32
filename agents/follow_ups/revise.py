"""Revision: another plan out of the present one, by what a follow-up says; whatever cannot be done is said, and then nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.compose import Composer, Draft, finish
from gnomon.agents.embedded.words import sentence
from gnomon.agents.follow_ups.options import Refusal, Unclear
from gnomon.agents.follow_ups.phrases import listed, phrase, words
from gnomon.agents.follow_ups.values import Given, given_by, spoken_of, tools_of, values_of
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.plans.arguments import complete, default, spoken
from gnomon.plans.costs import with_costs
from gnomon.plans.plan import Attachment, Plan, Ref, Step, Understood
from gnomon.tools.registry import Registry, Tool

FIGURE = "Figure"


@dataclass(frozen=True)
class Revision:
    """A plan made out of another one.

    ``notes`` are sentences that a person must hear beside the difference; ``focus`` is the argument that was spoken of last.
    """

    plan: Plan
    notes: tuple[str, ...] = ()
    focus: str = ""


class Reviser:
    """Makes plans out of plans.

    Parameters
    ----------
    registry : Registry
    composer : Composer
    """

    def __init__(self, registry: Registry, composer: Composer) -> None:
        self.registry = registry
        self.composer = composer

    # ------------------------------------------------------------------ other values

    def change(self, plan: Plan, understood: Understanding, language: str, focus: str = "") -> Revision:
        """The plan with the values that a follow-up gives, everything else as it was.

        Raises
        ------
        Unclear
            Where it gives none, or one that no step can take.
        """
        given = given_by(understood, plan, self.registry, self._further(plan), language, focus)
        if not given.arguments:
            raise self._no_values(plan, understood, language)
        return self.with_arguments(plan, given, understood, language)

    def with_arguments(self, plan: Plan, given: Given, understood: Understanding, language: str) -> Revision:
        """The plan with arguments set, and with the tools that they make possible.

        Raises
        ------
        Unclear
            Where nothing would be another, or a range would be empty.
        """
        steps = [_with(step, given.arguments.get(step.tool, {})) for step in plan.steps]
        for tool in given.added:
            steps += self._new_steps(plan.model_copy(update={"steps": steps}), tool, given.arguments)
        if steps == plan.steps:
            what = listed(
                language, [f"{p.partition('.')[2]} = {spoken(_value(given, p), language)}" for p in given.sources]
            )
            raise Refusal(phrase(language, "same_already", what=what))
        self._require_ranges(steps, given, language)
        return Revision(_rewritten(plan, steps, understood, given, language, self.registry), focus=given.last)

    def _no_values(self, plan: Plan, understood: Understanding, language: str) -> Unclear:
        """What to say where a follow-up wants something changed and gives no value for it."""
        for tool, parameter in spoken_of(understood, plan, self.registry):
            step = next(s for s in plan.steps if s.tool == tool.name)
            now = step.arguments.get(parameter.name)
            example = parameter.choices[0] if parameter.choices else f"1 {parameter.unit}".strip()
            return Unclear(
                phrase(language, "no_value", name=parameter.name, value=spoken(now, language), example=example)
            )
        can = list(
            dict.fromkeys(
                p.name for t in tools_of(plan, self.registry) for p in t.arguments if not p.name.endswith("_column")
            )
        )
        return Unclear(phrase(language, "no_values", words=understood.question, can=listed(language, can)))

    @staticmethod
    def _require_ranges(steps: Sequence[Step], given: Given, language: str) -> None:
        for step in steps:
            for low, high in ((n, n[: -len("min")] + "max") for n in step.arguments if n.endswith("_min")):
                first, last = step.arguments[low], step.arguments.get(high)
                touched = {f"{step.tool}.{low}", f"{step.tool}.{high}"} & set(given.sources)
                if touched and first is not None and last is not None and _plain(first) >= _plain(last):
                    raise Refusal(
                        phrase(
                            language,
                            "empty_range",
                            low=low,
                            low_value=spoken(first, language),
                            high=high,
                            high_value=spoken(last, language),
                        )
                    )

    # ------------------------------------------------------------------ more and less

    def addable(self, plan: Plan) -> list[Tool]:
        """The tools that the plan does not have, and that what it makes leads to."""
        mine = {s.tool for s in plan.steps}
        return [t for t in self.registry.values() if not t.files and t.name not in mine and self._reached(plan, t)]

    def _further(self, plan: Plan) -> list[Tool]:
        """Tools that could be added if a value were given, the nearest to the plan first."""
        lacking = [t for t in self.addable(plan) if any(p.required for p in t.arguments)]
        return sorted(lacking, key=lambda t: min(len(d.steps) for d, _names in self._reached(plan, t)))

    def add(self, plan: Plan, tools: Sequence[Tool], understood: Understanding, language: str) -> Revision:
        """The plan with further tools over what it makes, and with the values that were given along.

        Raises
        ------
        Unclear
            Where a tool needs what the plan does not make, or a value that was not given.
        """
        given = Given()
        if values_of(understood) or understood.unread:
            with_tools = plan.model_copy(
                update={"steps": [*plan.steps, *[s for t in tools for s in self._new_steps(plan, t, {})]]}
            )
            given = given_by(understood, with_tools, self.registry, (), language)
        steps = [_with(step, given.arguments.get(step.tool, {})) for step in plan.steps]
        for tool in tools:
            lacking = [
                p.name for p in tool.arguments if p.required and p.name not in given.arguments.get(tool.name, {})
            ]
            if lacking:
                raise Unclear(phrase(language, "step_needs", tool=tool.name, name=listed(language, lacking)))
            new = self._new_steps(plan.model_copy(update={"steps": steps}), tool, given.arguments)
            if not new:
                kinds = listed(language, [str(p.kind) for p in tool.inputs if p.required])
                raise Refusal(phrase(language, "cannot_add", tool=tool.name, kinds=kinds))
            steps += new
        return Revision(_rewritten(plan, steps, understood, given, language, self.registry), focus=given.last)

    def with_steps(
        self,
        plan: Plan,
        steps: Sequence[Step],
        understood: Understanding,
        language: str,
        files: Sequence[Attachment] | None = None,
    ) -> Revision:
        """The plan with other steps, and perhaps other files."""
        return Revision(_rewritten(plan, steps, understood, Given(), language, self.registry, files))

    def leave_out(self, plan: Plan, tools: Sequence[Tool], understood: Understanding, language: str) -> Revision:
        """The plan without the steps of some tools.

        Raises
        ------
        Unclear
            Where another step needs one of them, or nothing would be left of what was asked for.
        """
        names = {t.name for t in tools}
        kept = [s for s in plan.steps if s.tool not in names]
        gone = {s.id for s in plan.steps if s.tool in names}
        if users := [s.tool for s in kept if s.needs() & gone]:
            raise Refusal(
                phrase(
                    language,
                    "needed",
                    tool=listed(language, sorted(names)),
                    users=listed(language, dict.fromkeys(users)),
                )
            )
        wanted = _ends(plan.steps)
        if not (set(_ends(kept)) & set(wanted)) or not any(s.kind == plan.goal for s in kept):
            raise Refusal(phrase(language, "nothing_left", tool=listed(language, sorted(names))))
        return Revision(_rewritten(plan, kept, understood, Given(), language, self.registry))

    def _reached(self, plan: Plan, tool: Tool) -> list[tuple[Draft, list[str]]]:
        """How a tool can be reached from what the plan makes, for each part of it that stands alone: the draft and its new steps."""
        found = []
        for part in _parts(plan.steps):
            draft = Draft({s.id: (self.registry.tool(s.tool), dict(s.inputs)) for s in part})
            if any(t is tool for t, _inputs in draft.steps.values()):
                continue
            grown = self.composer.reach(tool, draft)
            if grown is None:
                continue
            chain = grown.only({next(reversed(grown.steps))}).steps
            new = [name for name in grown.steps if name not in draft.steps]
            unsaid = any(
                p.required for name in new for p in grown.steps[name][0].arguments if grown.steps[name][0] is not tool
            )
            if set(chain) & set(draft.steps) and not unsaid:
                found.append((grown, new))
        return found

    def _new_steps(self, plan: Plan, tool: Tool, arguments: Mapping[str, dict[str, Any]]) -> list[Step]:
        taken = {s.id for s in plan.steps}
        rows = max((f.rows for f in plan.files), default=0)
        out: list[Step] = []
        for grown, names in self._reached(plan, tool):
            free = {name: _free(name, taken) for name in names}
            taken |= set(free.values())
            new = Draft({free[n]: (grown.steps[n][0], _renamed(grown.steps[n][1], free)) for n in names})
            out += finish(new, {t: dict(given) for t, given in arguments.items()}, rows, plan.language)
        return out

    # ------------------------------------------------------------------ the same again

    def over(
        self, plan: Plan, files: Mapping[str, Attached], about: str, understood: Understanding, language: str
    ) -> Revision:
        """The same plan over other files.

        Parameters
        ----------
        plan : Plan
        files : mapping of str to Attached
            For each file of the plan, what stands in its place.
        about : str
            Name of the object, as it was said; empty where it was not.
        understood : Understanding
        language : {"en", "zh"}

        Returns
        -------
        Revision
            What was said of the object before is not taken over, and its notes say so.
        """
        notes: list[str] = []
        given_now = Given()
        slots = [slot for slot in understood.of_type("object") if about]
        rows = max((a.attachment.rows for a in files.values()), default=0)
        steps = []
        for step in plan.steps:
            tool = self._reader(step, files) or self.registry.tool(step.tool)
            given = {n: v for n, v in step.arguments.items() if tool.parameter(n) is not None}
            for name in [n for n in given if _of_one_object(n)]:
                parameter = tool.parameter(name)
                assert parameter is not None
                usual = None if parameter.required else default(parameter)
                if given[name] != usual and not _names_object(name):
                    notes.append(phrase(language, "not_carried", name=name, value=spoken(given[name], language)))
                del given[name]
                if slots and _names_object(name) and parameter.type == "str":
                    given[name] = about
                    given_now.arguments.setdefault(tool.name, {})[name] = about
                    given_now.sources[f"{tool.name}.{name}"] = slots
            inputs = {
                n: [_over(r, files) for r in v] if isinstance(v, list) else _over(v, files)
                for n, v in step.inputs.items()
            }
            update = {
                "tool": tool.name,
                "version": tool.version,
                "arguments": complete(tool, given),
                "inputs": inputs,
                "cost": tool.cost(rows),
            }
            steps.append(step.model_copy(update=update))
        steps, more = self._without_lacking(steps, language)
        attachments = [files[f.name].attachment if f.name in files else f for f in plan.files]
        new = _rewritten(plan, steps, understood, given_now, language, self.registry, attachments)
        return Revision(new, tuple(dict.fromkeys([*notes, *more])))

    def _reader(self, step: Step, files: Mapping[str, Attached]) -> Tool | None:
        """The tool that reads the other file in this step's place."""
        names = [r.file for r in step.refs() if r.file in files]
        return self.registry.tool(files[names[0]].reader) if names else None

    def _without_lacking(self, steps: list[Step], language: str) -> tuple[list[Step], list[str]]:
        """The steps without those that need a value which is not known for this object, and why each of them is not there."""
        notes, gone = [], set[str]()
        for step in steps:
            tool = self.registry.tool(step.tool)
            lacking = [p.name for p in tool.arguments if p.required and p.name not in step.arguments]
            if lacking or step.needs() & gone:
                gone.add(step.id)
                if lacking:
                    notes.append(phrase(language, "step_needs", tool=tool.name, name=listed(language, lacking)))
        return [s for s in steps if s.id not in gone], notes

    def refreshed(self, plan: Plan) -> Plan:
        """The plan with the tools as they are here now; arguments that they no longer take are gone."""
        steps = []
        for step in plan.steps:
            tool = self.registry.tool(step.tool)
            given = {
                n: v for n, v in step.arguments.items() if (p := tool.parameter(n)) is not None and p.role == "argument"
            }
            update = {
                "version": tool.version,
                "arguments": complete(tool, given),
                "kind": str(tool.kind),
                "effects": list(tool.effects),
            }
            steps.append(step.model_copy(update=update))
        return with_costs(
            Plan.of_document({**plan.document(), "steps": [s.model_dump(mode="json") for s in steps]}), self.registry
        )


# ---------------------------------------------------------------------- steps


def _with(step: Step, arguments: Mapping[str, Any]) -> Step:
    return step.model_copy(update={"arguments": {**step.arguments, **arguments}}) if arguments else step


def _value(given: Given, place: str) -> Any:
    tool, name = place.split(".")
    return given.arguments[tool][name]


def _plain(value: Any) -> float:
    return float(value["value"]) if isinstance(value, dict) else float(value)


def _ends(steps: Sequence[Step]) -> list[str]:
    used = {name for s in steps for name in s.needs()}
    return [s.id for s in steps if s.id not in used]


def _parts(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps that hang together; files that are treated alike make parts that do not."""
    left = list(steps)
    while left:
        part = {left[0].id}
        while more := {
            s.id
            for s in left
            if s.id not in part and (s.needs() & part or any(s.id in o.needs() for o in left if o.id in part))
        }:
            part |= more
        yield [s for s in left if s.id in part]
        left = [s for s in left if s.id not in part]


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _renamed(inputs: dict[str, Ref | list[Ref]], names: Mapping[str, str]) -> dict[str, Ref | list[Ref]]:
    def renamed(ref: Ref) -> Ref:
        return Ref(step=names.get(ref.step, ref.step)) if ref.step is not None else ref

    return {k: [renamed(r) for r in v] if isinstance(v, list) else renamed(v) for k, v in inputs.items()}


def _over(ref: Ref, files: Mapping[str, Attached]) -> Ref:
    return Ref(file=files[ref.file].attachment.name) if ref.file in files else ref


def _of_one_object(name: str) -> bool:
    return bool(set(name.split("_")) & set(words("of_one_object")))


def _names_object(name: str) -> bool:
    return bool(set(name.split("_")) & {"object", "target", "name"})


# ---------------------------------------------------------------------- what the plan says of itself


def _rewritten(
    plan: Plan,
    steps: Sequence[Step],
    understood: Understanding,
    given: Given,
    language: str,
    registry: Registry,
    files: Sequence[Attachment] | None = None,
) -> Plan:
    """The plan with other steps: its question goes on with the follow-up, and what it takes for granted is what is true now."""
    why = {n: (t.declaration.summary_zh if language == "zh" else t.summary) for n, t in registry.items()}
    told = [s.model_copy(update={"why": why.get(s.tool, s.why)}) for s in steps]
    here = {f"{s.tool}.{n}" for s in steps for n in s.arguments}
    old = [
        u.model_copy(update={"used_by": [p for p in u.used_by if p in here and p not in given.sources]})
        for u in plan.understood or []
    ]
    if files is not None:
        old = [u for u in old if u.slot not in ("object", "file") and (u.used_by or not _said_of_object(u))]
    new = [
        Understood.model_validate({**slot.document(), "used_by": _users(slot, given)})
        for slot in _told_slots(understood, given)
    ]
    document = plan.model_copy(
        update={
            "question": f"{plan.question}\n{understood.question}",
            "language": language,
            "assumptions": _assumptions(plan, steps, given, language, files),
            "missing": [
                line
                for line in plan.missing
                if not any(line.startswith(why[s.tool].rstrip(".。")) for s in steps if s.tool in why)
            ],
            "files": list(plan.files if files is None else files),
            "understood": [*old, *new] or None,
            "steps": told,
        }
    )
    return with_costs(Plan.of_document(document.document()), registry)


def _said_of_object(entry: Understood) -> bool:
    return bool(entry.name) and _of_one_object(str(entry.name))


def _told_slots(understood: Understanding, given: Given) -> list[Slot]:
    chosen = [s for slots in given.sources.values() for s in slots]
    return sorted(dict.fromkeys([*understood.slots, *chosen]), key=lambda s: s.start)


def _users(slot: Slot, given: Given) -> list[str]:
    return [place for place, slots in given.sources.items() if slot in slots]


def _assumptions(
    plan: Plan, steps: Sequence[Step], given: Given, language: str, files: Sequence[Attachment] | None
) -> list[str]:
    """What was taken for granted: lines about values and files that are no longer so give way to those that are."""
    stale = set[str]()
    now = {(s.tool, n): v for s in steps for n, v in s.arguments.items()}
    for step in plan.steps:
        for name, value in step.arguments.items():
            if now.get((step.tool, name), _GONE) != value or f"{step.tool}.{name}" in given.sources:
                # However its digits were written: 2000 d stood as 2000.0 d.
                stale |= {f"{name} = {said}" for said in _ways_to_say(value)}
    if files is not None:
        stale |= {f"{f.name}{mark}" for f in plan.files for mark in (" ", "：")}
    kept = [line for line in plan.assumptions if not any(line.startswith(s) for s in stale)]
    if files is not None:
        kept += [sentence(language, "read_as", file=f.name, found=f.found) for f in files]
    for place, slots in given.sources.items():
        said = sentence(language, "list").join(dict.fromkeys(s.text for s in slots))
        value = spoken(_value(given, place), language)
        kept.append(sentence(language, "taken", name=place.partition(".")[2], value=value, words=said))
    return list(dict.fromkeys(kept))


def _ways_to_say(value: Any) -> set[str]:
    """A value as sentences may have it."""
    said = {spoken(value, language) for language in ("en", "zh")}
    if isinstance(value, dict) and isinstance(value.get("value"), float):
        said.add(f"{value['value']!r} {value.get('unit', '')}".strip())
    return said


_GONE = object()

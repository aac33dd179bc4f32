"""What differs between two plans, as a person would tell it.

Two runs of one plan are compared in `gnomon.plans.difference`; here nothing has run yet.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from gnomon.plans.arguments import LONG_LIST, spoken
from gnomon.plans.canonical import canonical
from gnomon.plans.costs import spoken_cost
from gnomon.plans.plan import Attachment, Plan, Ref, Step

Language = Literal["en", "zh"]

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "same": "The same plan: {old}", "unchanged": "  expected cost {cost}, effects {effects}: as before", "different": "Not the same plan: {old} -> {new}", "colon": ": ", "from": "from", "sha256": "sha256",
        "nothing": "none", "bytes": "{n} bytes", "order": "order of the steps", "spelling": "written in another order", "and": ", ",
        "question": "question", "language": "language", "goal": "goal", "assumptions": "assumption", "missing": "could also be had",
        "files": "file", "understood": "understood", "not_understood": "not understood", "effects": "effect", "cost": "expected cost", "cost_at_most": "cost is a bound", "cost_why": "how the cost was reckoned",
        "steps": "step", "tool": "tool", "version": "version", "kind": "makes", "why": "why", "evidence": "evidence", "id": "renamed",
    },
    "zh": {
        "same": "同一个计划：{old}", "unchanged": "  预计开销 {cost}，作用 {effects}：不变", "different": "不是同一个计划：{old} -> {new}", "colon": "：", "from": "取自", "sha256": "sha256",
        "nothing": "无", "bytes": "{n} 字节", "order": "步骤的顺序", "spelling": "书写顺序不同", "and": "，",
        "question": "问题", "language": "语言", "goal": "目标", "assumptions": "假设", "missing": "补充信息后还可得到",
        "files": "文件", "understood": "已理解", "not_understood": "未理解", "effects": "作用", "cost": "预计开销", "cost_at_most": "开销为上限", "cost_why": "开销的依据",
        "steps": "步骤", "tool": "工具", "version": "版本", "kind": "产出", "why": "理由", "evidence": "依据", "id": "改名",
    },
}  # fmt: skip
# Longer texts are told on two lines, so that what changed stands below what it was.
_SHORT = 40


@dataclass(frozen=True)
class Change:
    """One thing that is new (``+``), gone (``-``) or other than it was (``~``).

    ``what`` is a field of the plan or of a step; ``name`` tells which of several, as the name of an argument.
    """

    sign: Literal["+", "-", "~"]
    what: str
    name: str = ""
    old: Any = None
    new: Any = None

    def document(self) -> dict[str, Any]:
        """JSON form."""
        named = {"name": self.name} if self.name else {}
        both = {"old": self.old} if self.sign == "-" else {"new": self.new} if self.sign == "+" else {}
        change = {"+": "added", "-": "removed", "~": "changed"}[self.sign]
        return {"change": change, "what": self.what, **named, **(both or {"old": self.old, "new": self.new})}


@dataclass(frozen=True)
class StepChange:
    """A step that is new, gone or other than it was; ``old`` and ``new`` are the step then and now."""

    old: Step | None
    new: Step | None
    changes: tuple[Change, ...] = ()

    @property
    def sign(self) -> Literal["+", "-", "~"]:
        """How it is told."""
        return "+" if self.old is None else "-" if self.new is None else "~"

    @property
    def step(self) -> Step:
        """The step now, or where it is gone, then."""
        step = self.new or self.old
        assert step is not None
        return step

    def document(self) -> dict[str, Any]:
        """JSON form; a step that is new or gone is given in full."""
        change = {"+": "added", "-": "removed", "~": "changed"}[self.sign]
        out: dict[str, Any] = {"change": change, "step": self.step.id, "tool": self.step.tool}
        if self.old is None or self.new is None:
            return {**out, "state": self.step.model_dump(mode="json", exclude_none=True)}
        return {**out, "was": self.old.id, "changes": [c.document() for c in self.changes]}


@dataclass(frozen=True)
class PlanDifference:
    """What differs between two plans; make it with `compare_plans`."""

    old: Plan
    new: Plan
    changes: tuple[Change, ...]
    steps: tuple[StepChange, ...]
    totals: tuple[Change, ...] = field(default=())

    @property
    def same(self) -> bool:
        """Whether both are one plan."""
        return self.old.hash == self.new.hash

    def document(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "same": self.same,
            "old": {"hash": self.old.hash, "cost": self.old.cost, "effects": self.old.effects},
            "new": {"hash": self.new.hash, "cost": self.new.cost, "effects": self.new.effects},
            "changes": [c.document() for c in self.changes],
            "steps": [s.document() for s in self.steps],
            "totals": [c.document() for c in self.totals],
        }

    def page(self, language: Language = "en") -> str:
        """Short lines for a person: ``+`` for what is new, ``-`` for what is gone, ``~`` for what is other than it was."""
        words = _WORDS[language]
        then, now = self.old.hash, self.new.hash
        lines = [
            words["same"].format(old=then)
            if self.same
            else words["different"].format(old=f"{then[:12]}…", new=f"{now[:12]}…")
        ]
        lines += [line for change in self.changes for line in _told(change, language)]
        for step in self.steps:
            lines += _told_step(step, language)
        lines += [line for change in self.totals for line in _told(change, language)]
        if not self.same and not self.totals:
            lines.append(
                words["unchanged"].format(
                    cost=_cost(self.new.cost, language), effects=_said("effects", self.new.effects, language)
                )
            )
        return "\n".join(lines) + "\n"


def compare_plans(old: Plan, new: Plan) -> PlanDifference:
    """What differs between two plans.

    Parameters
    ----------
    old, new : Plan

    Returns
    -------
    PlanDifference
        With no change if, and only if, both have one hash.
    """
    pairs = match_steps(old.steps, new.steps)
    renamed = {old.steps[i].id: new.steps[j].id for i, j in pairs if i is not None and j is not None}
    steps = []
    for i, j in pairs:
        then, now = (old.steps[i] if i is not None else None), (new.steps[j] if j is not None else None)
        changes = tuple(_step_changes(then, now, renamed)) if then and now else ()
        if changes or then is None or now is None:
            steps.append(StepChange(then, now, changes))
    order = [(i, j) for i, j in pairs if i is not None and j is not None]
    fields = list(_field_changes(old, new))
    if [i for i, _ in sorted(order, key=lambda p: p[1])] != sorted(i for i, _ in order):
        fields.append(Change("~", "order", old=[s.id for s in old.steps], new=[s.id for s in new.steps]))
    totals = [*_list_changes("effects", old.effects, new.effects)]
    if old.cost != new.cost:
        totals.append(Change("~", "cost", old=old.cost, new=new.cost))
    return PlanDifference(old, new, tuple(fields), tuple(steps), tuple(totals))


def match_steps(old: list[Step], new: list[Step]) -> list[tuple[int | None, int | None]]:
    """Which step became which: by identifier, then by tool and inputs, for those that were renamed.

    Returns
    -------
    list of tuple
        Numbers of a step in `old` and in `new`, None where there is none; in the order of `new`, with those that are gone where they stood.
    """
    there = {}
    for j, step in enumerate(new):
        i = next((i for i, other in enumerate(old) if other.id == step.id and i not in there), None)
        if i is not None:
            there[i] = j
    found = True
    while found:  # a renamed step renames the inputs of others
        names = {old[i].id: new[j].id for i, j in there.items()}
        found = False
        for i, step in enumerate(old):
            rest = [j for j in range(len(new)) if j not in there.values()]
            fits = [j for j in rest if new[j].tool == step.tool and _inputs(new[j], {}) == _inputs(step, names)]
            if i not in there and fits:
                there[i] = next((j for j in fits if new[j].arguments == step.arguments), fits[0])
                names[step.id] = new[there[i]].id
                found = True
    here = {j: i for i, j in there.items()}
    pairs: list[tuple[int | None, int | None]] = [(here.get(j), j) for j in range(len(new))]
    for i in range(len(old)):
        if i not in there:
            before = [n for n, pair in enumerate(pairs) if pair[0] is not None and pair[0] < i]
            pairs.insert(max(before, default=-1) + 1, (i, None))
    return pairs


def _inputs(step: Step, names: dict[str, str]) -> dict[str, Any]:
    """The inputs of a step, with the steps they come from under their new names."""

    def named(ref: Ref) -> tuple[str, str]:
        return ("file", ref.file) if ref.file is not None else ("step", names.get(str(ref.step), str(ref.step)))

    return {n: [named(r) for r in v] if isinstance(v, list) else named(v) for n, v in step.inputs.items()}


# --------------------------------------------------------------------------- what changed


def _equal(one: Any, other: Any) -> bool:
    return canonical(one) == canonical(other)


def _field_changes(old: Plan, new: Plan) -> Iterator[Change]:
    """Changes of all that is no step, whatever fields a plan has."""
    then, now = (p.model_dump(mode="json", exclude_none=True) for p in (old, new))
    for name in Plan.model_fields:
        if name == "steps" or _equal(then.get(name), now.get(name)):
            continue
        if name == "files":
            yield from _file_changes(old.files, new.files)
        elif isinstance(then.get(name, []), list) and isinstance(now.get(name, []), list):
            yield from _list_changes(name, then.get(name), now.get(name))
        else:
            yield Change("~", name, old=then.get(name), new=now.get(name))


def _file_changes(old: list[Attachment], new: list[Attachment]) -> Iterator[Change]:
    then, now = ({f.name: f.model_dump(mode="json") for f in files} for files in (old, new))
    some = False
    for name in dict.fromkeys([*then, *now]):
        if name not in now:
            yield Change("-", "files", name, old=then[name])
        elif name not in then:
            yield Change("+", "files", name, new=now[name])
        elif _equal(then[name], now[name]):
            continue
        else:
            yield Change("~", "files", name, old=then[name], new=now[name])
        some = True
    if not some:
        yield Change("~", "files", old=[f.name for f in old], new=[f.name for f in new])


def _list_changes(name: str, old: list[Any] | None, new: list[Any] | None) -> Iterator[Change]:
    """What is gone from a list and what is new in it; or else that its order, or how often something stands in it, changed."""
    then, now = ([canonical(v) for v in values or []] for values in (old, new))
    if then == now and old is not None and new is not None:
        return
    some = False
    for tag, i, ii, j, jj in difflib.SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone = [v for v in (old or [])[i:ii] if canonical(v) not in now]
        added = [v for v in (new or [])[j:jj] if canonical(v) not in then]
        yield from (Change("-", name, old=v) for v in gone)
        yield from (Change("+", name, new=v) for v in added)
        some = some or bool(gone or added)
    if not some:
        yield Change("~", name, old=old, new=new)


def _step_changes(old: Step, new: Step, renamed: dict[str, str]) -> Iterator[Change]:
    if old.id != new.id:
        yield Change("~", "id", old=old.id, new=new.id)
    then, now = (s.model_dump(mode="json", exclude_none=True) for s in (old, new))
    for name in Step.model_fields:
        if name == "id" or _equal(then.get(name), now.get(name)):
            continue
        if name == "arguments":
            yield from _mapping_changes(name, then[name], now[name])
        elif name == "inputs":
            for change in _mapping_changes(name, then[name], now[name]):
                # That a step is called otherwise is told at that step.
                if change.sign != "~" or _inputs(old, renamed)[change.name] != _inputs(new, {})[change.name]:
                    yield change
        elif isinstance(then.get(name), list) and isinstance(now.get(name), list):
            yield from _list_changes(name, then[name], now[name])
        else:
            yield Change("~", name, old=then.get(name), new=now.get(name))


def _mapping_changes(what: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield Change("-", what, name, old=old[name])
        elif name not in old:
            yield Change("+", what, name, new=new[name])
        elif not _equal(old[name], new[name]):
            yield Change("~", what, name, old=old[name], new=new[name])


# --------------------------------------------------------------------------- in words


def _told_step(change: StepChange, language: Language) -> list[str]:
    words, step = _WORDS[language], change.step
    head = f"{change.sign} {words['steps']} {step.id} ({step.tool} {step.version})"
    if change.sign != "~":
        inputs = "; ".join(f"{name} {words['from']} {_said('inputs', ref, language)}" for name, ref in _refs(step))
        return [head + (f"{words['colon']}{inputs}" if inputs else "")]
    return [head, *(f"    {line}" for one in change.changes for line in _told(one, language))]


def _refs(step: Step) -> list[tuple[str, Any]]:
    return sorted(step.model_dump(mode="json", exclude_none=True)["inputs"].items())


def _told(change: Change, language: Language) -> list[str]:
    words = _WORDS[language]
    title = words.get(change.what, change.what)
    if change.what in ("arguments", "inputs"):
        title = change.name
    elif change.name:
        title = f"{title} {change.name}"
    colon = words["colon"]
    if change.sign == "+":
        return [f"+ {title}{colon}{_said(change.what, change.new, language)}"]
    if change.sign == "-":
        return [f"- {title}{colon}{_said(change.what, change.old, language)}"]
    before, after, mark = _apart(change.old, change.new) if change.what == "arguments" else (change.old, change.new, "")
    old, new = (mark + _said(change.what, value, language) for value in (before, after))
    if change.what == "cost":
        return [f"~ {title}{colon}{_cost_change(change.old, change.new, language)}"]
    if old == new:  # what is the same in words differs in digits, or in characters that do not show
        old, new = ("".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(v)) for v in (before, after))
    if len(old) <= _SHORT and len(new) <= _SHORT:
        return [f"~ {title}{colon}{old} -> {new}"]
    return [f"- {title}{colon}{old}", f"+ {title}{colon}{new}"]


def _apart(old: Any, new: Any) -> tuple[Any, Any, str]:
    """Long lists without what they begin and end with alike, which would hide where they differ, and a mark that says so."""
    if not (isinstance(old, list) and isinstance(new, list) and max(len(old), len(new)) > LONG_LIST):
        return old, new, ""
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    tail = next((n for n in range(shorter - head) if old[-1 - n] != new[-1 - n]), shorter - head)
    return old[head : len(old) - tail], new[head : len(new) - tail], "… " if head or tail else ""


def _said(what: str, value: Any, language: Language) -> str:
    """A value as a person would say it, on one line."""
    words = _WORDS[language]
    if what == "arguments":
        said = spoken(value, language)
    elif what == "inputs":
        refs = value if isinstance(value, list) else [value]
        said = ", ".join(r["step"] if "step" in r else f"{words['files']} {r['file']}" for r in refs)
    elif what == "files" and isinstance(value, dict):
        size = words["bytes"].format(n=value["size"])
        said = f"{value['found']} ({size}{words['and']}sha256 {value['sha256'][:12]}…)"
    elif what == "understood" and isinstance(value, dict):
        said = f"“{value.get('words', '')}” = {value.get('value')} {value.get('unit', '')}".rstrip()
    elif isinstance(value, list):
        said = words["and"].join(str(v) for v in value)
    else:
        said = "" if value is None else str(value)
    said = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    return said or words["nothing"]


def _cost(cost: dict[str, float], language: Language) -> str:
    return spoken_cost(cost, language) if cost else "0"


def _cost_change(old: dict[str, float], new: dict[str, float], language: Language) -> str:
    differences = {name: new.get(name, 0.0) - old.get(name, 0.0) for name in sorted({*old, *new})}
    more = ", ".join(f"{d:+,.4g} {n}" if abs(d) < 1000 else f"{d:+,.0f} {n}" for n, d in differences.items() if d)
    return f"{_cost(old, language)} -> {_cost(new, language)} ({more})"

"""What the steps of a plan are expected to cost, reckoned before anything is asked, and how it is said.

The rows that a step makes are those that the next one works on, so that a search around ten thousand stars is expected to
give ten thousand times what one around a single star does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gnomon.plans.arguments import python_value
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.tools.costs import Cost, rounded
from gnomon.tools.registry import Registry, Tool

# A number of rows that no step makes: what a bound is held against, to see whether it hangs on the rows that come in.
_ANY_NUMBER = 10**15


@dataclass
class _Made:
    """What is known of the output of a step."""

    rows: int
    firm: bool
    arguments: dict[str, Any] = field(default_factory=dict)


class Reckoning:
    """Reckons the costs of steps, one after another, each after those that it needs.

    Parameters
    ----------
    files : mapping of str to int
        Rows of the attached files, by name.
    otherwise : int
        Rows of a file that is not among them, or of a step that was not reckoned.
    language : {"en", "zh"}
        Of the sentence that says how.
    """

    def __init__(self, files: Mapping[str, int] | None = None, otherwise: int = 0, language: str = "en") -> None:
        self.files = dict(files or {})
        self.otherwise = otherwise
        self.language = language
        self._made: dict[str, _Made] = {}

    def of(
        self, identifier: str, tool: Tool, arguments: Mapping[str, Any], inputs: Mapping[str, Ref | list[Ref]]
    ) -> Cost:
        """What a step is expected to cost; it is remembered for those that come after it."""
        given: dict[str, Any] = {name: python_value(value) for name, value in arguments.items()}
        rows, firm = (0, True) if inputs else (self.otherwise, True)
        for name, value in inputs.items():
            for ref in value if isinstance(value, list) else [value]:
                made = self._of_ref(ref)
                if made.rows > rows:
                    rows, firm = made.rows, made.firm
                if ref.step is not None and made.arguments:
                    given.setdefault(name, made.arguments)
        cost = tool.expected(given, rows)
        if cost.at_most and not firm and tool.expected(given, _ANY_NUMBER).rows != cost.rows:
            cost = replace(cost, at_most=False)  # a bound for so many rows, and how many come is only expected
        told = cost.rows is not None
        self._made[identifier] = _Made(
            cost.rows if cost.rows is not None else rows, cost.at_most if told else firm and not inputs, given
        )
        return cost

    def counted(self, identifier: str, rows: int) -> None:
        """Reckon with so many rows of a step from here on, since somebody counted them."""
        self._made[identifier] = replace(self._made[identifier], rows=rows, firm=True)

    def _of_ref(self, ref: Ref) -> _Made:
        if ref.file is not None:
            return _Made(self.files.get(ref.file, self.otherwise), True)
        return self._made.get(str(ref.step), _Made(self.otherwise, False))

    def fields(
        self, identifier: str, tool: Tool, arguments: Mapping[str, Any], inputs: Mapping[str, Ref | list[Ref]]
    ) -> dict[str, Any]:
        """The same as the fields of a `Step`."""
        return cost_fields(self.of(identifier, tool, arguments, inputs), self.language)


def cost_fields(cost: Cost, language: str) -> dict[str, Any]:
    """The fields ``cost``, ``cost_at_most`` and ``cost_why`` of a step; those of which nothing is known are None."""
    numbers: dict[str, float] = {"seconds": cost.seconds or 0.0}
    numbers |= {n: float(v) for n, v in (("rows", cost.rows), ("bytes", cost.bytes)) if v is not None}
    told = len(numbers) > 1
    why = (cost.why_zh if language == "zh" else "") or cost.why
    return {"cost": numbers, "cost_at_most": cost.at_most if told else None, "cost_why": why or None}


def reckoned(plan: Plan, registry: Registry) -> dict[str, Cost]:
    """What each step of a plan is expected to cost, by its identifier; those whose tool is not here are left out.

    Raises nothing: a step whose arguments are not what its tool takes must be sorted out by the checks before.
    """
    reckoning = Reckoning({f.name: f.rows for f in plan.files}, 0, plan.language)
    return {
        step.id: reckoning.of(step.id, registry[step.tool], step.arguments, step.inputs)
        for step in plan.ordered
        if step.tool in registry
    }


def with_costs(plan: Plan, registry: Registry, costs: Mapping[str, Cost] | None = None) -> Plan:
    """The plan with the costs that are expected now, in place of those that it states, for steps whose cost hangs on their arguments."""
    found = reckoned(plan, registry) if costs is None else costs
    steps = [
        step.model_copy(update=cost_fields(found[step.id], plan.language))
        if step.id in found and registry[step.tool].declaration.cost is not None
        else step
        for step in plan.steps
    ]
    return plan.model_copy(update={"steps": steps})


# --------------------------------------------------------------------------- in words

_WORDS = {
    "en": {"about": "about {}", "at_most": "at most {}", "mixed": "up to about {}", "rows": "{} rows", "row": "1 row", "and": ", ", "seconds": "{} s",
           "only_seconds": "{} seconds", "none": "none", "unknown": ", and what only the services know", "minutes": "{} min", "hours": "{} h", "days": "{} d"},
    "zh": {"about": "约 {}", "at_most": "至多 {}", "mixed": "最多约 {}", "rows": "{} 行", "row": "1 行", "and": "，", "seconds": "{} 秒",
           "only_seconds": "{} 秒", "none": "无", "unknown": "，另有只有服务方知道的部分", "minutes": "{} 分钟", "hours": "{} 小时", "days": "{} 天"},
}  # fmt: skip


def spoken_bytes(number: float) -> str:
    """A number of bytes as people say it, in powers of 1000: ``3 MB``."""
    for unit in ("bytes", "kB", "MB", "GB", "TB", "PB"):
        if number < 999.5 or unit == "PB":
            return f"{number:.0f} {unit}" if number >= 9.95 or unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000.0
    return ""


def spoken_seconds(number: float, language: str = "en") -> str:
    """A time as people say it: ``8 s``, ``25 min``, ``3.2 h``."""
    words = _WORDS[language]
    for name, size, until in (("seconds", 1.0, 120.0), ("minutes", 60.0, 7200.0), ("hours", 3600.0, 172800.0)):
        if number < until:
            amount = number / size
            return words[name].format(f"{amount:.0f}" if amount >= 9.95 else f"{amount:.2g}")
    return words["days"].format(f"{number / 86400.0:.1f}")


def spoken_cost(
    cost: Mapping[str, float], language: str = "en", *, at_most: bool | None = False, is_counted: bool = False
) -> str:
    """A cost as people say it: ``about 12,000 rows, 3 MB, 8 s``, ``at most 100,000 rows, 24 MB, 17 s``.

    With `at_most` None some of it is a bound and the rest is expected: ``up to about 112,000 rows``.  Rows that
    were counted are said as they are.  Where only the seconds are known, as of steps that ask nobody, it is ``6.5 seconds``.
    """
    words = _WORDS[language]
    if not set(cost) & {"rows", "bytes"}:
        return ", ".join(
            words["only_seconds"].format(f"{amount:g}") if name == "seconds" else f"{amount:g} {name}"
            for name, amount in sorted(cost.items())
        ) or words["none"]  # fmt: skip
    parts = []
    if "rows" in cost:
        parts.append(words["row"] if cost["rows"] == 1 else words["rows"].format(f"{cost['rows']:,.0f}"))
    if "bytes" in cost:
        parts.append(spoken_bytes(cost["bytes"]))
    if not is_counted:
        parts[0] = words["mixed" if at_most is None else "at_most" if at_most else "about"].format(parts[0])
    if "seconds" in cost:
        parts.append(spoken_seconds(cost["seconds"], language))
    parts += [f"{amount:g} {name}" for name, amount in sorted(cost.items()) if name not in ("rows", "bytes", "seconds")]
    return words["and"].join(parts)


def spoken_plan_cost(plan: Plan) -> str:
    """What a plan is expected to cost in all; a bound of a few rows beside many that are expected is no bound of the sum."""
    parts = [(bool(s.cost_at_most), s.cost.get("rows", 0.0)) for s in plan.steps if set(s.cost) & {"rows", "bytes"}]
    bound, expected = (sum(rows for is_bound, rows in parts if is_bound is kind) for kind in (True, False))
    total = dict(plan.cost)
    is_open = any(s.cost_why and not set(s.cost) & {"rows", "bytes"} for s in plan.steps)
    at_most: bool | None = bool(parts) and not is_open and all(is_bound for is_bound, _rows in parts)
    if not at_most:
        at_most = None if bound > 0.05 * expected and not is_open else False
        total |= {name: float(rounded(total[name])) for name in ("rows", "bytes") if total.get(name, 0.0) >= 100.0}
    return spoken_cost(total, plan.language, at_most=at_most) + (_WORDS[plan.language]["unknown"] if is_open else "")


def understated(step: Step, cost: Cost) -> bool:
    """Whether a step states less than half of the rows or bytes that are expected; what it does not state it does not understate."""
    expected = {"rows": cost.rows, "bytes": cost.bytes}
    return any(name in step.cost and 2 * step.cost[name] < (expected[name] or 0) for name in expected)

"""`gnomon cost`: what a plan is expected to cost, step by step, and what the services themselves count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import Exit, Json, Offline, Options, Yes, is_interactive, open_registry
from gnomon.interfaces.output import print_json, print_text
from gnomon.interfaces.plan_commands import PlanName, plan_called
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.interfaces.settings import Settings
    from gnomon.plans.plan import Plan
    from gnomon.tools.registry import Cost, Registry

_WORDS = {
    "en": {"counted": "counted", "estimated": "estimated", "limit": "bound", "refused": "would be refused", "sum": "all steps",
           "not_counted": "not counted"},
    "zh": {"counted": "已计数", "estimated": "估计", "limit": "上限", "refused": "会被拒绝", "sum": "全部步骤", "not_counted": "未计数"},
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    app.command()(cost)


@dataclass
class _Line:
    """A step and what it costs; ``number`` is what the service counted, ``trouble`` why it did not."""

    step: str
    tool: str
    cost: Cost
    number: int | None = None
    trouble: str = ""

    @property
    def how(self) -> str:
        """By what the rows are known."""
        return "counted" if self.number is not None else "limit" if self.cost.at_most else "estimated"

    def document(self) -> dict[str, Any]:
        """JSON form."""
        cost = self.cost
        return {
            "id": self.step, "tool": self.tool, "rows": cost.rows, "bytes": cost.bytes, "seconds": cost.seconds,
            "at_most": cost.at_most, "how": self.how, "counted": self.number, "not_counted": self.trouble or None,
            "why": cost.why, "refused": cost.refused or None, "remedy": cost.remedy or None,
        }  # fmt: skip


def cost(
    name: PlanName,
    ask: Annotated[
        bool, typer.Option("--ask", help="Let the services count, where that is one cheap question (COUNT).")
    ] = False,
    yes: Yes = False,
    offline: Offline = False,
    as_json: Json = False,
) -> None:
    """Say what a plan is expected to cost: rows, bytes and time of each step; nothing runs."""
    from gnomon.interfaces import settings
    from gnomon.plans.costs import with_costs

    registry = open_registry()
    plan = plan_called(name, registry)
    chosen = settings.load(Options.config)
    if ask:
        _require_permission(chosen, yes, as_json)
        with TemporaryDirectory() as records:
            lines = _asked(plan, registry, chosen, Path(records), offline)
    else:
        lines = _reckoned(plan, registry)
    now = with_costs(plan, registry, {line.step: line.cost for line in lines})
    if as_json:
        print_json({"plan": name, "hash": plan.hash, "steps": [line.document() for line in lines], "total": now.cost})
    else:
        print_text(_page(now, lines))
    if any(line.cost.refused for line in lines):
        raise typer.Exit(Exit.FAILED)


def _require_permission(chosen: Settings, yes: bool, as_json: bool) -> None:
    """Let nobody be asked unless the policy or a person allows it.

    Raises
    ------
    ApprovalError
        Where nobody does.
    """
    policy = chosen.policy()
    verdict = policy.effects.get("read_network", "ask")
    if verdict == "automatic" or (verdict == "ask" and yes and "read_network" in policy.beforehand):
        return
    if verdict == "ask" and is_interactive(as_json):
        answer = typer.prompt("Ask the services to count? yes / no", default="no", err=True).strip().lower()
        if answer in ("y", "yes", "是"):
            return
    denied = verdict == "deny"
    raise errors.ApprovalError(
        "The policy denies read_network, so no service may be asked." if denied else "Nobody allowed the services to be asked.",
        remedy="Change policy.effects in settings.toml, or leave --ask out." if denied else "Say --yes as well, or leave --ask out.",
    )  # fmt: skip


def _reckoned(plan: Plan, registry: Registry) -> list[_Line]:
    from gnomon.plans.costs import reckoned

    costs = reckoned(plan, registry)
    return [_Line(s.id, s.tool, costs[s.id]) for s in plan.ordered if s.id in costs]


def _asked(plan: Plan, registry: Registry, chosen: Settings, records: Path, offline: bool) -> list[_Line]:
    """The same, with counts; what is counted is what later steps are reckoned with."""
    from dataclasses import replace

    from gnomon.plans.costs import Reckoning
    from gnomon.tools.archives.tables.counting import count_rows
    from gnomon.tools.transport import transport

    reckoning = Reckoning({f.name: f.rows for f in plan.files}, 0, plan.language)
    lines: list[_Line] = []
    with transport("record", records, "cost", access=chosen.access(offline=offline)):
        for step in plan.ordered:
            if step.tool not in registry:
                continue
            found = reckoning.of(step.id, registry[step.tool], step.arguments, step.inputs)
            line = _Line(step.id, step.tool, found)
            if found.question is not None:
                try:
                    line.number = count_rows(found.question)
                except errors.GnomonError as error:
                    line.trouble = error.what
            if line.number is not None:
                line.cost = _counted(found, line.number, step.arguments.get("rows"))
                reckoning.counted(step.id, line.cost.rows or 0)
                line.cost = replace(line.cost, question=None)
            lines.append(line)
    return lines


def _counted(cost: Cost, number: int, limit: object) -> Cost:
    """The cost with as many rows as were counted, of which no more than the limit of the plan come."""
    from dataclasses import replace

    from gnomon.tools.archives.tables.table_costs import BYTES_A_SECOND

    rows = min(number, limit) if isinstance(limit, int) else number
    of_one = cost.bytes / cost.rows if cost.bytes and cost.rows else 0.0
    time_of_one = of_one / BYTES_A_SECOND
    seconds = max(0.0, (cost.seconds or 0.0) - time_of_one * ((cost.rows or 0) - rows))
    return replace(cost, rows=rows, bytes=int(rows * of_one), seconds=round(seconds, 2), at_most=False)


def _page(plan: Plan, lines: list[_Line]) -> str:
    from gnomon.plans.costs import cost_fields, spoken_cost, spoken_plan_cost, spoken_seconds

    words, language = _WORDS[plan.language], plan.language
    width = max((len(line.step) for line in lines), default=0)
    out = []
    for line in lines:
        fields = cost_fields(line.cost, language)
        is_counted = line.number is not None
        said = spoken_cost(fields["cost"], language, at_most=line.cost.at_most, is_counted=is_counted)
        if set(fields["cost"]) == {"seconds"}:
            said = spoken_seconds(fields["cost"]["seconds"], language)
        if is_counted:
            more = f": {line.number:,}" if line.number != line.cost.rows else ""
            said = f"{said}  [{words['counted']}{more}]"
        why = f": {fields['cost_why']}" if fields["cost_why"] and not is_counted else ""
        how = f"  [{words[line.how]}{why}]" if set(fields["cost"]) & {"rows", "bytes"} or why else ""
        out.append(f"{line.step:<{width}}  {said}{'' if is_counted else how}")
        if line.trouble:
            out.append(f"{'':<{width}}  {words['not_counted']}: {line.trouble}")
        if line.cost.refused:
            out.append(f"{'':<{width}}  {words['refused']}: {line.cost.refused} {line.cost.remedy}")
    out.append(f"{words['sum']}: {spoken_plan_cost(plan)}")
    return "\n".join(out)

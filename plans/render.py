"""The page a person reads before deciding; an approval is bound to the digest of this very text."""

from __future__ import annotations

from gnomon.plans.arguments import some_of, spoken
from gnomon.plans.costs import spoken_cost, spoken_plan_cost
from gnomon.plans.plan import Plan, Ref, Step

_WORDS = {
    "en": {
        "question": "Question", "goal": "Goal", "files": "Files", "assumptions": "Assumptions", "missing": "Could also be had",
        "steps": "Steps", "effects": "Effects", "cost": "Expected cost", "hash": "Plan", "none": "none", "from": "from", "expected": "expected: {}",
    },
    "zh": {
        "question": "问题", "goal": "目标", "files": "文件", "assumptions": "假设", "missing": "补充信息后还可得到",
        "steps": "步骤", "effects": "作用", "cost": "预计开销", "hash": "计划", "none": "无", "from": "取自", "expected": "预计：{}",
    },
}  # fmt: skip


def _reference(ref: Ref | list[Ref], language: str) -> str:
    return some_of(ref, language) if isinstance(ref, list) else str(ref)


def _step(number: int, step: Step, language: str) -> list[str]:
    words = _WORDS[language]
    # By name: the order in which a plan was written down is not part of its hash, so it must not change the page.
    inputs = "; ".join(
        f"{name} {words['from']} {_reference(ref, language)}" for name, ref in sorted(step.inputs.items())
    )
    lines = [f"{number}. {step.id} = {step.tool} {step.version} -> {step.kind}" + (f"   ({inputs})" if inputs else "")]
    if step.why:
        lines.append(f"     {step.why}")
    if step.arguments:
        lines.append(
            "     " + ", ".join(f"{name} = {spoken(value, language)}" for name, value in sorted(step.arguments.items()))
        )
    if set(step.cost) & {"rows", "bytes"} or step.cost_why:
        said = words["expected"].format(spoken_cost(step.cost, language, at_most=bool(step.cost_at_most)))
        lines.append("     " + (f"{said} ({step.cost_why})" if step.cost_why else said))
    return lines


def plan_page(plan: Plan) -> str:
    """The plan as plain text, in the language of its question, the same for the same plan."""
    words = _WORDS[plan.language]
    lines = [f"{words['question']}: {plan.question}", f"{words['goal']}: {plan.goal}"]
    for title, entries in (
        (words["files"], [f"{f.name}: {f.found} ({f.size} bytes, sha256 {f.sha256[:12]}…)" for f in plan.files]),
        (words["assumptions"], plan.assumptions),
        (words["missing"], plan.missing),
    ):
        if entries:
            lines.append(f"{title}:")
            lines.extend(f"  - {entry}" for entry in entries)
    lines.append(f"{words['steps']}:")
    for number, step in enumerate(plan.steps, start=1):
        lines.extend(f"  {line}" for line in _step(number, step, plan.language))
    lines.append(
        f"{words['effects']}: {', '.join(plan.effects) or words['none']}   {words['cost']}: {spoken_plan_cost(plan)}"
    )
    lines.append(f"{words['hash']}: {plan.hash}")
    return "\n".join(lines) + "\n"

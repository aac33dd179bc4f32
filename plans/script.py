"""The script of a plan or a run: one file with the tools' own source, which needs neither Gnomon nor a model.

The same parts make a notebook (`gnomon.plans.notebook`).  What the script does besides its steps is `gnomon.plans.standalone`, lifted like any tool.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gnomon.plans import standalone
from gnomon.plans.approval import Approval
from gnomon.plans.arguments import python_value
from gnomon.plans.environment import describe_python, package_versions
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.run import SETTLED, Run
from gnomon.plans.source import Composition, Segment, compose, lift
from gnomon.tools.kinds import KINDS
from gnomon.tools.machine import THREAD_VARIABLES, THREADS_PER_STEP
from gnomon.tools.registry import Kind, Registry, Tool

CODEC = ("suffix", "write", "read", "digest", "parts", "check")
RULE = "# " + "-" * 75 + " "
WIDTH = 120


@dataclass(frozen=True)
class Part:
    """A part of a script: its title, what to say about it, and its code."""

    title: str
    text: str
    code: str


@dataclass(frozen=True)
class Parts:
    """All of a script.

    Parameters
    ----------
    about : str
        What it is, who approved it, how to run it.
    dependencies : tuple of str
        Third-party distributions at exact versions.
    python : str
        The minor version of Python.
    setup : Part
        What must come before anything is imported.
    tools : tuple of Part
        Imports and definitions, module by module.
    constants : Part
        The arguments of every step.
    record : Part
        What the run on record made, by digest.
    steps : tuple of (str, str)
        Name of the variable and the line, for each step in the order of the plan.
    names : dict
        What the script calls the functions that its last lines need.
    """

    about: str
    dependencies: tuple[str, ...]
    python: str
    setup: Part
    tools: tuple[Part, ...]
    constants: Part
    record: Part
    steps: tuple[tuple[str, str], ...]
    names: dict[str, str]


def packages_of(plan: Plan, registry: Registry) -> tuple[str, ...]:
    """Third-party import names that the plan's tools, and the files of its kinds, need."""
    kinds = [KINDS[Kind.parse(step.kind).name] for step in plan.ordered]
    found = {p for step in plan.ordered for p in lift(registry.tool(step.tool).function).packages}
    for kind in kinds:
        found |= set(kind.needs)
        for name in CODEC:
            found |= set(lift(getattr(kind.codec, name)).packages)
    return tuple(sorted(found))


def record_of(plan: Plan, registry: Registry, run: Run | None) -> dict[str, Any]:
    """What a script knows of its run: files and weights by digest, and what became of each step.

    ``machine`` and every ``status`` are None for a plan that never ran.
    """
    last = run.outcomes() if run else {}
    machine = next((e["machine"] for e in last.values() if "machine" in e), "" if run else None)
    steps: dict[str, Any] = {}
    for step in plan.ordered:
        event = last.get(step.id)
        tool = registry.tool(step.tool)
        entry: dict[str, Any] = {
            "status": SETTLED[event["event"]] if event else None,
            "kind": Kind.parse(step.kind).name,
            "comparison": tool.declaration.comparison,
            "effects": list(step.effects),
            "needs": sorted(step.needs()),
        }
        if tool.clock_ends(step.arguments):
            entry["clock"] = True
        if event and "artifact" in event:
            entry |= {k: event["artifact"][k] for k in ("digest", "sha256", "suffix")}
        steps[step.id] = entry
    return {
        "plan": plan.hash,
        "machine": machine,
        "files": {file.name: file.sha256 for file in plan.files},
        "kinds": {
            name: {"name": name, "columns": [list(column) for column in KINDS[name].columns]}
            for name in sorted({Kind.parse(step.kind).name for step in plan.steps})
        },
        "steps": steps,
    }


def parts_of(plan: Plan, registry: Registry, run: Run | None = None) -> Parts:
    """Take a plan, or a run of it, apart into the parts of a script.

    Raises
    ------
    RegistrationError
        Where the source of a tool cannot be lifted.
    """
    variables = _variables(plan)
    kinds = sorted({Kind.parse(step.kind).name for step in plan.ordered})
    reserved = {"RECORD", "KINDS", "steps", "run", *variables.values(), *(_constant(s) for s in plan.ordered)}
    tools = {step.tool: registry.tool(step.tool) for step in plan.ordered}
    runtime: dict[str, Callable[..., Any]] = {"run_script": standalone.run_script, "Script": standalone.Script}
    codecs = [getattr(KINDS[kind].codec, name) for kind in kinds for name in CODEC]
    composed = compose(
        [lift(f) for f in (*(t.function for t in tools.values()), *codecs, *runtime.values())],
        reserved,
    )
    record = record_of(plan, registry, run)
    table = ",\n".join(
        f"    {kind!r}: ({', '.join(composed.called(getattr(KINDS[kind].codec, name)) for name in CODEC)})"
        for kind in kinds
    )
    needs = tuple({*composed.packages, *(n for kind in kinds for n in KINDS[kind].needs)})
    return Parts(
        about=_about(plan, run),
        dependencies=tuple(f"{name}=={_public(version)}" for name, version in package_versions(needs).items()),
        python=describe_python(),
        setup=_setup(),
        tools=_tools(composed, tools),
        constants=Part(
            "Arguments",
            "The arguments of every step, in the units that its tool takes.",
            "\n\n".join(_arguments(step, tools[step.tool]) for step in plan.ordered),
        ),
        record=Part(
            "The record",
            "Files by their SHA-256, and what the run on record made.",
            f"RECORD = {_literal(record)}\n\n# How values of each kind are kept: suffix, write, read, digest, parts, check.\nKINDS = {{\n{table},\n}}",
        ),
        steps=tuple((variables[step.id], _line(step, tools[step.tool], variables, composed)) for step in plan.ordered),
        names={name: composed.called(function) for name, function in runtime.items()},
    )


# --------------------------------------------------------------------------- the parts


def _public(version: str) -> str:
    """A version without its local label: ``2.13.0+cpu`` and ``2.13.0+cu130`` are builds of one release."""
    return version.split("+")[0]


def _about(plan: Plan, run: Run | None) -> str:
    # A question may hold anything, so it must not end the docstring it stands in.
    question = plan.question.replace("\\", "\\\\").replace('"""', "'''")
    lines = [question, "", f"Plan {plan.hash}."]
    approval = run.approval() if run else None
    if run is not None and approval is not None:
        lines.append(f"Run {run.name}; {_decision(approval)}.")
    lines += [
        "",
        "This file runs without Gnomon: it carries the source of every tool that the plan uses, as it stands in Gnomon. The",
        "arguments come first, then the tools, then what keeps and compares outputs; the plan itself, one line a step, is at the end.",
        "",
        "    python script.py --replay FOLDER --out OUT --check    on the inputs and recorded replies of the run's bundle, without network",
        "    python script.py --live --out OUT                     with the network where a step needs it",
        "    python script.py --check --out OUT                    compare outputs that are there already",
    ]
    return "\n".join(lines)


def _decision(approval: Approval) -> str:
    words = {"approve": "approved", "reject": "rejected"}
    return f"{words[approval.decision]} by {approval.who} on {approval.when}"


def _setup() -> Part:
    names = ", ".join(repr(n) for n in THREAD_VARIABLES)
    return Part(
        "Threads",
        "One thread for linear algebra, as in the run: the number of threads changes the last digits.",
        f"import os\n\nfor _name in ({names}):\n    os.environ[_name] = {str(THREADS_PER_STEP)!r}",
    )


def _tools(composed: Composition, tools: dict[str, Tool]) -> tuple[Part, ...]:
    heads = {(t.function.__module__, t.function.__qualname__): t for t in tools.values()}
    by_module: dict[str, list[str]] = {}
    about: dict[str, str] = {}
    for segment, text in composed.texts:
        tool = next((heads[segment.module, n] for n in segment.names if (segment.module, n) in heads), None)
        if tool is not None:
            about[segment.module] = f"{tool.summary} {'; '.join(tool.declaration.citations)}"
            text = _head(tool, segment) + text
        by_module.setdefault(segment.module, []).append(text)
    parts = [Part("Imports", "What the tools import.", composed.imports)]
    parts += [Part(module, about.get(module, ""), "\n\n\n".join(texts)) for module, texts in by_module.items()]
    return tuple(parts)


def _head(tool: Tool, segment: Segment) -> str:
    lines = [f"# {tool.name} {tool.version}, source sha256 {lift(tool.function).digest}"]
    lines += [f"# Cites: {citation}" for citation in tool.declaration.citations]
    return "\n".join(lines) + "\n"


def _constant(step: Step) -> str:
    return step.id.upper()


def _arguments(step: Step, tool: Tool) -> str:
    lines = [f"{_constant(step)} = {{"]
    for name, value in step.arguments.items():
        parameter = tool.parameter(name)
        if parameter is None or parameter.type == "weights":
            continue
        unit = f"{parameter.unit}; " if parameter.unit else ""
        entry = f"    {name!r}: {_literal(python_value(value))},"
        # Only the comment is ever cut: a value may be of any length.
        comment = " ".join(f"{unit}{parameter.description}".split())
        room = WIDTH - len(entry.rsplit("\n", 1)[-1]) - len("  # ")
        if len(comment) > room:
            comment = comment[: max(room - 1, 0)].rsplit(" ", 1)[0] + "…"
        lines.append(f"{entry}  # {comment}" if comment.strip("…") else entry)
    if len(lines) == 1:
        return f"{_constant(step)} = {{}}"
    return "\n".join([*lines, "}"])


def _literal(value: Any) -> str:
    """A Python literal, broken over lines where it is long."""
    from pprint import pformat

    return pformat(value, width=WIDTH, sort_dicts=False, underscore_numbers=False)


def _variables(plan: Plan) -> dict[str, str]:
    """A variable for each step, called after its kind."""
    found: dict[str, str] = {}
    kinds = [Kind.parse(step.kind).name for step in plan.ordered]
    for index, (step, kind) in enumerate(zip(plan.ordered, kinds, strict=True)):
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
        found[step.id] = f"{name}_{kinds[: index + 1].count(kind)}" if kinds.count(kind) > 1 else name
    return found


def _line(step: Step, tool: Tool, variables: dict[str, str], composed: Composition) -> str:
    def given(ref: Ref) -> str:
        return f"run.file({ref.file!r})" if ref.file is not None else variables[str(ref.step)]

    inputs = [
        f"{name}={'[' + ', '.join(given(r) for r in ref) + ']' if isinstance(ref, list) else given(ref)}"
        for name, ref in step.inputs.items()
    ]
    weights = [
        f"{p.name}=run.weights({step.arguments[p.name]!r})"
        for p in tool.arguments
        if p.type == "weights" and p.name in step.arguments
    ]
    call = ", ".join([repr(step.id), composed.called(tool.function), *inputs, *weights, f"**{_constant(step)}"])
    return f"{variables[step.id]} = run.step({call})"


# --------------------------------------------------------------------------- the script


def script_text(plan: Plan, registry: Registry, run: Run | None = None) -> str:
    """The script of a plan, or of a run of it, as one file."""
    parts = parts_of(plan, registry, run)
    header = ["# /// script", f'# requires-python = "=={parts.python}.*"', "# dependencies = ["]
    header += [f'#   "{d}",' for d in parts.dependencies]
    header += ["# ]", "# ///"]
    body = [
        "\n".join(header) + f'\n"""{parts.about}\n"""',
        "from __future__ import annotations",
        f"# {parts.setup.text}\n{parts.setup.code}",
        parts.tools[0].code,
        f"{RULE}{parts.constants.title}\n# {parts.constants.text}\n\n{parts.constants.code}",
        *(f"{RULE}{part.title}\n\n\n{part.code}" for part in parts.tools[1:]),
        f"{RULE}{parts.record.title}\n# {parts.record.text}\n\n{parts.record.code}",
        f"{RULE}The plan, one line a step\n\n\n{_main(parts)}",
    ]
    return "\n\n\n".join(body) + "\n"


def _main(parts: Parts) -> str:
    lines = [f"def steps(run: {parts.names['Script']}) -> None:", '    """Run the plan."""']
    lines += [f"    {line}" for _variable, line in parts.steps]
    lines += [
        "",
        "",
        'if __name__ == "__main__":',
        f"    sys.exit({parts.names['run_script']}(RECORD, KINDS, steps, __doc__, Path(__file__).resolve().parent))",
    ]
    return "\n".join(lines)

"""The notebook of a plan or a run: the parts of its script as cells, which run from top to bottom without Gnomon."""

from __future__ import annotations

from typing import Any

from gnomon.plans.plan import Plan
from gnomon.plans.run import Run
from gnomon.plans.script import parts_of
from gnomon.tools.registry import Registry

START = """from IPython.display import Image, display

FOLDER = Path(".")  # the bundle
OUT = Path("out")
REPLAY = True  # False: with the network where a step needs it
run = {script}(RECORD, KINDS, FOLDER, OUT, replay=REPLAY)


def show(step, value):
    became = run.became[step]
    if became.get("file", "").endswith(".png"):
        display(Image(filename=str(OUT / became["file"])))
    elif became["status"] == "finished":
        display(value)"""

CHECK = """rows = run.check()
for row in rows:
    print(f"{row['step']:<32} {row['verdict']:<18} {row['comparison']:<12} {row['what']}")
print(verdict_of(rows))"""


def notebook_text(plan: Plan, registry: Registry, run: Run | None = None) -> str:
    """The same as a Jupyter notebook; it runs in the folder of the bundle, or where ``FOLDER`` says."""
    import nbformat

    v4: Any = nbformat.v4
    parts = parts_of(plan, registry, run)
    question, _, rest = parts.about.partition("\n")
    steps = [
        v4.new_code_cell(f"{line}\nshow({step.id!r}, {variable})")
        for step, (variable, line) in zip(plan.ordered, parts.steps, strict=True)
    ]
    requirements = " ".join(f'"{d}"' for d in parts.dependencies)
    cells = [
        v4.new_markdown_cell(f"# {question}\n\n" + rest.split("\n    python")[0].strip()),
        v4.new_code_cell(f"# Python {parts.python}. Where something is missing:\n# %pip install {requirements}"),
        v4.new_markdown_cell(parts.setup.text),
        v4.new_code_cell(f"{parts.setup.code}\n\n{parts.tools[0].code}"),
        v4.new_markdown_cell(f"## {parts.constants.title}\n\n{parts.constants.text}"),
        v4.new_code_cell(parts.constants.code),
        v4.new_markdown_cell("## Tools\n\nThe source of every tool that the plan uses, as it stands in Gnomon."),
    ]
    for part in parts.tools[1:]:
        if part.text:
            cells.append(v4.new_markdown_cell(f"### `{part.title}`\n\n{part.text}"))
        cells.append(v4.new_code_cell("from __future__ import annotations\n\n" + part.code))
    cells += [
        v4.new_markdown_cell(f"## {parts.record.title}\n\n{parts.record.text}"),
        v4.new_code_cell(parts.record.code),
        v4.new_markdown_cell("## The plan, one line a step"),
        v4.new_code_cell(START.format(script=parts.names["Script"])),
        *steps,
    ]
    if run is not None:
        cells += [v4.new_markdown_cell("## Compared with the record"), v4.new_code_cell(CHECK)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # not a random one: the same run gives the same bytes
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text + "\n"

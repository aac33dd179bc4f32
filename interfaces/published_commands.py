"""The command that sets the results of a run beside what documents of the memory state."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from gnomon.interfaces.application import Json, Options
from gnomon.interfaces.output import print_json, print_text
from gnomon.tools.errors import UsageError

if TYPE_CHECKING:
    from gnomon.agents.published_values import Published
    from gnomon.agents.results import Result
    from gnomon.knowledge.literature.memory import LiteratureMemory

_VERDICTS = {
    "apart": "differ by {sigma} sigma",
    "consistent": "agrees with the limit",
    "beyond limit": "does not agree with the limit",
    "inside": "lies inside",
    "outside": "lies outside",
}
_MOST = 5


def register(knowledge: typer.Typer, opened: Callable[[], AbstractContextManager[LiteratureMemory]]) -> None:
    """Put the command on the application.

    Parameters
    ----------
    knowledge : typer.Typer
    opened : callable
        Opens the memory.
    """

    @knowledge.command("compare")
    def compare(
        run: Annotated[str, typer.Argument(metavar="RUN", help="A finished run, by its name or the beginning of it.")],
        names: Annotated[
            list[str] | None,
            typer.Option(
                "--object", help="The object, where the question does not name it; again for its other names."
            ),
        ] = None,
        as_json: Json = False,
    ) -> None:
        """Set the results of a run beside the values that documents of the memory state of the same object."""
        from gnomon.agents.published_values import objects_of, published_beside
        from gnomon.agents.results import Result
        from gnomon.interfaces import settings
        from gnomon.plans.run import Run

        found = Run.find(settings.load(Options.config).home / "runs", run)
        written = found.folder / "report" / "results.json"
        told = json.loads(written.read_text(encoding="utf-8"))["results"] if written.is_file() else []
        results = [Result.model_validate(row) for row in told]
        if not results:
            raise UsageError(f"Run {found.id} has no results to compare.", remedy=f"`gnomon show {found.id}` says how it stands.")  # fmt: skip
        said = [found.events("run.created")[0]["question"], *(r.of for r in results)]
        objects = list(names or objects_of(said))
        if not objects:
            raise UsageError(f"Nobody says of which object run {found.id} is.", remedy="Give its name with --object.")
        with opened() as memory:
            beside = published_beside(memory, results, objects)
        if as_json:
            rows = [{"result": r.document(), "published": [p.told() for p in those]} for r, those in beside]
            print_json({"run": found.id, "objects": objects, "compared": rows})
            return
        print_text(_page(beside, objects))


def _page(beside: list[tuple[Result, list[Published]]], objects: list[str]) -> str:
    """The results that documents state as well, each with what they state."""
    from gnomon.agents.numbers import say as say_number

    if not any(those for _result, those in beside):
        return (
            f"No document of the memory states a value of {', '.join(objects)} that these results can be compared with. "
            "`gnomon knowledge add` puts documents in; --object gives another of its names."
        )
    lines: list[str] = []
    without = []
    for result, those in beside:
        named = f"{result.quantity.replace('_', ' ')}{f' of {result.of}' if result.of else ''}"
        if not those:
            without.append(named)
            continue
        lines.append(f"{named}: {say_number(result)}")
        for one in those[:_MOST]:
            sigma = "" if one.comparison.sigma is None else f"{one.comparison.sigma:.1f}"
            where = f", page {one.passage.page}" if one.passage.page else ""
            verdict = _VERDICTS[one.comparison.verdict].format(sigma=sigma)
            # A condition stands in the sentence below.
            reason = f" {one.comparison.reason}" if one.comparison.reason and not one.stated.condition else ""
            lines.append(f"  {one.stated.text}  [{one.document.key}]{where}: {verdict}.{reason}")
            lines.append(f"    “{' '.join(one.sentence.split())}”")
        if len(those) > _MOST:
            lines.append(f"  and {len(those) - _MOST} more; --json has all of them")
    if without:
        lines.append(f"No document states: {', '.join(without)}")
    return "\n".join(lines)

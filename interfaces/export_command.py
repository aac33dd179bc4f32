"""The command ``gnomon export``: a result of a run as a file for other programs."""

from __future__ import annotations

import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gnomon.interfaces.application import Json
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.interfaces.record_commands import Bundle, _opened
from gnomon.tools import errors


class Form(StrEnum):
    """What kind of file."""

    csv = "csv"
    ecsv = "ecsv"
    votable = "votable"
    fits = "fits"
    parquet = "parquet"


def register(app: typer.Typer) -> None:
    """Put this command on the application."""
    app.command()(export)


def export(
    name: Bundle = "last",
    step: Annotated[
        str | None, typer.Argument(help="Which step's result; without it that of the last step with a table.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write it; its ending says as what.", metavar="FILE"),
    ] = None,
    form: Annotated[Form | None, typer.Option("--as", help="What kind of file, where the ending does not say.")] = None,
    as_json: Json = False,
) -> None:
    """Write a result of a run as CSV, ECSV, VOTable, FITS or Parquet, with units, UCDs and masks; or copy a picture."""
    from gnomon.plans import table_files
    from gnomon.plans.canonical import file_digest
    from gnomon.plans.run import Run
    from gnomon.tools.kinds import KINDS
    from gnomon.tools.registry import Kind

    with _opened(name) as folder:
        made = Run(folder).artifacts()
        if step is None:
            tables = [s for s, a in made.items() if a.suffix in (".ecsv", ".parquet")]
            if not tables:
                raise errors.UsageError("This run made no table.", remedy=_offer(made))
            step = tables[-1]
        if step not in made:
            raise errors.UsageError(f"No step {step!r} of this run made anything.", remedy=_offer(made))
        artifact = made[step]
        source = folder / "outputs" / f"{step}{artifact.suffix}"
        if not source.is_file() or file_digest(source) != artifact.sha256:
            raise errors.StoreError(
                f"{source.name} in the run's folder is missing or was altered.", remedy="Run the plan again."
            )
        is_table = artifact.suffix in (".ecsv", ".parquet")
        wanted = {Form.votable: "vot", None: None}.get(form, form.value if form else None)
        ending = {"vot": ".vot", None: ".csv"}.get(wanted, f".{wanted}") if is_table else artifact.suffix
        target = output or Path(f"{step}{ending}")
        if target.exists():
            raise errors.UsageError(f"{target} is there already.", remedy="Choose another name with -o, or remove it.")
        if not is_table:
            if target.suffix != artifact.suffix or form is not None:
                raise errors.UsageError(
                    f"What {step} made is no table, so it is only copied as {artifact.suffix}.",
                    remedy=f"For example: -o {step}{artifact.suffix}",
                )
            shutil.copyfile(source, target)
            written, rows = [target], None
        else:
            how = wanted or table_files.FORMATS.get(target.suffix.lower())
            if how is None:
                raise errors.UsageError(
                    f"The ending of {target.name} does not say what kind of file it is to be.",
                    remedy=f"Known are {', '.join(table_files.FORMATS)}; or say --as csv.",
                )
            table = KINDS[Kind.parse(artifact.kind).name].codec.read(source)
            written, rows = table_files.write_table(table, target, how), len(table)
            partial = [q for q in table.meta.get("queries") or [] if isinstance(q, dict) and q.get("complete") is False]
            if partial:
                say("The table does not have all rows that there are; the report says who cut them off.")
    if as_json:
        print_json({"step": step, "files": [str(w) for w in written], "rows": rows})
    else:
        print_text("\n".join(str(w) for w in written))


def _offer(made: dict[str, object]) -> str:
    return f"It has results of: {', '.join(made)}." if made else "`gnomon show` says how the run stands."

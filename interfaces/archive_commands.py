"""Commands on what is going on at archives, jobs that were left there, and on catalogues on this machine's disk."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from gnomon.interfaces.application import Exit, Json, Options
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    app.command()(jobs)
    catalogues = typer.Typer(help="Make catalogues on disk, and the cards by which they are attached to questions.")
    catalogues.command("make")(make_catalogue)
    catalogues.command("card")(write_card)
    app.add_typer(catalogues, name="catalogue", no_args_is_help=True)


def jobs(
    end: Annotated[bool, typer.Option("--end", help="End them all, at the services and here.")] = False,
    as_json: Json = False,
) -> None:
    """List the jobs that were left with archives and are not fetched yet, or end them."""
    from gnomon.interfaces import settings
    from gnomon.tools.archives.asking import remote_jobs
    from gnomon.tools.transport import transport

    chosen = settings.load(Options.config)
    access = chosen.access()
    folder = Path(access.folder)
    left = remote_jobs.kept(folder)
    told = [{"service": j.service, "url": j.url, "text": j.text, "time": j.time, "ended": False} for j in left]
    failed = False
    if end:
        with TemporaryDirectory() as records, transport("record", Path(records), "jobs", access=access):
            for job, line in zip(left, told, strict=True):
                try:
                    remote_jobs.end(folder, job)
                    line["ended"] = True
                except errors.ServiceError as error:
                    failed = True
                    say(f"Not ended, and kept: {error}")
    if as_json:
        print_json({"jobs": told})
    elif not told:
        print_text("No jobs are left with any archive.")
    else:
        for line in told:
            state = "ended" if line["ended"] else f"left {line['time']}"
            print_text(f"{line['service']}  {state}  {line['url']}\n    {' '.join(str(line['text']).split())[:160]}")
    if failed:
        raise typer.Exit(Exit.FAILED)


def make_catalogue(
    tables: Annotated[
        list[Path], typer.Argument(metavar="TABLE...", help="Parquet files or folders, CSV, FITS ...; of the same columns.")
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the catalogue is to be; not there yet.")],
    name: Annotated[str | None, typer.Option(help="What to call it; by default the folder's name.")] = None,
    ra: Annotated[str | None, typer.Option(help="Column of right ascensions, where it is not found.", metavar="COLUMN")] = None,
    dec: Annotated[str | None, typer.Option(help="Column of declinations, where it is not found.", metavar="COLUMN")] = None,
    frame: Annotated[
        str | None, typer.Option(help="ICRS, FK5 or Galactic, where the tables do not say; kept in ICRS.")
    ] = None,
    epoch: Annotated[
        float | None, typer.Option(help="Julian year of the positions, where the tables do not say.", min=1800, max=2200)
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(help="Unit of a column that has none, as pmra=mas/yr; may be given several times."),
    ] = None,
    rows: Annotated[int, typer.Option(help="Most rows in a file of the catalogue.", min=1000)] = 1_000_000,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Make a catalogue on disk (HATS) out of tables that may be larger than the memory, and its card."""
    from gnomon.tools.archives.catalogues.inventory import Stated
    from gnomon.tools.archives.catalogues.making import make_catalogue as make

    stated = Stated(ra, dec, frame, epoch, tuple(unit or ()), name)
    with _said_plainly():
        made = make(tables, folder, stated, rows, say)
    card = _card_beside(folder)
    _put_card(folder, card)
    told = {
        "folder": str(made.folder.resolve()),
        "rows": made.rows,
        "files": made.files,
        "rows_without_position": made.without_position,
        "card": str(card.resolve()),
    }
    if as_json:
        print_json(told)
    else:
        print_text(
            f"{made.rows} rows in {made.files} files, in {folder}.  Its card is {card}: attach that to a question, with --data {card}."
        )


def write_card(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A HATS catalogue, or a folder of Parquet files.")],
    card: Annotated[
        Path | None, typer.Argument(metavar="[CARD]", help="Where to write it; by default beside the folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the card of a catalogue on disk: the small file by which it is attached to questions."""
    card = card or _card_beside(folder)
    _put_card(folder, card)
    if as_json:
        print_json({"folder": str(folder.resolve()), "card": str(card.resolve())})
    else:
        print_text(f"{card} is the card of the catalogue: attach it to a question, with --data {card}.")


def _card_beside(folder: Path) -> Path:
    folder = folder.resolve()
    return folder.with_name(f"{folder.name}.card.json")


def _put_card(folder: Path, card: Path) -> None:
    from gnomon.tools.archives.catalogues.inventory import card_in, card_of, read_text

    if card.exists() and card_in(read_text(card)) is None:
        raise errors.UsageError(f"{card} is there already, and is no card.", remedy="Give another name.")
    card.write_text(card_of(folder), encoding="utf-8")


@contextmanager
def _said_plainly() -> Iterator[None]:
    """What would be a warning in a report is a message here."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            yield
        finally:
            for sentence in dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, UserWarning)):
                say(sentence)

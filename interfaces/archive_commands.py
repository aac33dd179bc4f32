"""Commands on what is going on at archives: jobs that were left there."""

from __future__ import annotations

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

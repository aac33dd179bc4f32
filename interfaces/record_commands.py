"""Commands on the record of a run: bundle, verify, replay, rerun, script, receipts, why, store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import (
    OF_STATUS,
    Exit,
    Json,
    Offline,
    Options,
    RunName,
    Workers,
    Yes,
    close,
    decided,
    find_run,
    is_interactive,
    open_conversation,
    open_registry,
)
from gnomon.interfaces.output import print_json, print_text, run_document, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.agents.receipts_check import Claim
    from gnomon.plans.plan import Plan
    from gnomon.plans.run import Run
    from gnomon.plans.verify import Check
    from gnomon.tools.registry import Registry

Bundle = Annotated[
    str,
    typer.Argument(metavar="BUNDLE", help="Folder or zip of a bundle, or the name of a run (`last` for the newest)."),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write it.", metavar="PATH")]
store_app = typer.Typer(name="store", help="The artifact store: its size, and making room.", no_args_is_help=False)


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    for command in (bundle, verify, replay, rerun, script, receipts, why, discard):
        app.command()(command)
    app.add_typer(store_app)


@contextmanager
def _opened(name: str) -> Iterator[Path]:
    """The folder of a bundle given as a folder, a zip or the name of a run."""
    from gnomon.interfaces import settings
    from gnomon.plans import bundle as bundles
    from gnomon.plans.run import Run

    path = Path(name)
    if not path.exists() and not (path.suffix or "/" in name):
        path = Run.find(settings.load(Options.config).home / "runs", name).folder
    with bundles.opened(path.resolve()) as folder:
        yield folder


# --------------------------------------------------------------------------- bundle and verify


def bundle(
    name: RunName = "last",
    output: Output = None,
    as_zip: Annotated[
        bool, typer.Option("--zip", help="One archive instead of a folder; the same bytes anywhere.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Copy a run's bundle out: everything it takes to verify, replay and publish it."""
    from gnomon.plans import bundle as bundles
    from gnomon.plans.run import Run

    with _opened(name) as folder:
        target = output or Path(Run(folder).name + (".zip" if as_zip else ""))
        made = bundles.pack(folder, target) if as_zip else bundles.copy(folder, target)
        size = sum((folder / n).stat().st_size for n in bundles.files_of(folder))
        document = {
            "bundle": str(made),
            "identity": bundles.identity(folder),
            "files": len(bundles.files_of(folder)) + 1,
            "bytes": size,
        }
    if as_json:
        print_json(document)
    else:
        print_text(f"{made}: {document['files']} files, {size / 1e6:.1f} MB, identity {document['identity']}")


def verify(name: Bundle, as_json: Json = False) -> None:
    """Check a bundle: digests, the journal's chain, approvals against the plan, the crate's profile; nothing is run."""
    from gnomon.plans import bundle as bundles
    from gnomon.plans import verify as verifying

    with _opened(name) as folder:
        checks = [*verifying.verify(folder), *_against_ledger(folder)]
        identity = bundles.identity(folder) if (folder / bundles.MANIFEST).is_file() else None
    good = not any(c.faults for c in checks)
    if as_json:
        print_json({"verified": good, "identity": identity, "checks": [c.document() for c in checks]})
    else:
        for line in verifying.lines(checks):
            print_text(line)
        print_text(f"{'verified' if good else 'NOT verified'}: {identity or 'no manifest'}")
    raise typer.Exit(Exit.DONE if good else Exit.FAILED)


def _against_ledger(folder: Path) -> list[Check]:
    """What the run saw of the ledger of hand-overs, against the ledger here, where it is the same one."""
    from gnomon.interfaces import settings
    from gnomon.plans.handover import witnesses
    from gnomon.plans.handover.ledger import Ledger
    from gnomon.plans.verify import Check

    home = settings.load(Options.config).home
    try:
        seen = witnesses.seen_by(folder)
        entries = Ledger(home / "handover").events() if seen else []
        ours = folder.is_relative_to((home / "runs").resolve())
        if not seen or (witnesses.of_another_ledger(entries, seen) and not ours):
            return []
        faults = [
            errors.JournalError(s, remedy="Compare the ledger with a copy.") for s in witnesses.gainsaid(entries, seen)
        ]
    except errors.GnomonError as error:
        return [Check("ledger", "not readable", (error,))]
    return [
        Check(
            "ledger", f"entry {max(s.entry for s in seen)} of the hand-overs' ledger, as the run saw it", tuple(faults)
        )
    ]


# --------------------------------------------------------------------------- replay and rerun


def replay(
    name: Bundle,
    workers: Workers = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads for linear algebra in a step.")] = 1,
    keep: Annotated[
        Path | None, typer.Option(help="Where to keep the run that the replay makes.", metavar="FOLDER")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a bundle's plan again, without network or model, compare every artifact, and explain what differs."""
    from gnomon.interfaces.progress import shown
    from gnomon.plans.replay import replay as replay_bundle

    if keep is not None and keep.exists():
        raise errors.UsageError(f"{keep} is there already.", remedy="Choose another name with --keep, or remove it.")
    with _opened(name) as folder, shown(as_json) as progress:
        found = replay_bundle(folder, open_registry(), workers=workers, threads=threads, progress=progress, keep=keep)
    if as_json:
        print_json(found.document())
    else:
        _print_rows(found.rows)
        for line in found.before:
            print_text(f"Not the same before anything ran: {line}")
        if found.first:
            print_text(f"It began at: {found.first}")
        if found.cause:
            print_text(f"Cause ({found.cause.kind}): {found.cause.what}")
        print_text(found.verdict)
    codes = {"different": Exit.FAILED, "could not replay": Exit.NOT_REPLAYED}
    raise typer.Exit(codes.get(found.verdict, Exit.DONE))


def _print_rows(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    width = max(len(r["step"]) for r in rows)
    for row in rows:
        what = row["what"] if row["inputs_equal"] or row["verdict"] == "identical" else f"inherited; {row['what']}"
        print_text(f"  {row['step']:<{width}}  {row['verdict']:<16}  {row['comparison']:<11}  {what}")


def rerun(
    name: Bundle,
    yes: Yes = False,
    offline: Offline = False,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Run a bundle's plan live, as a new run with its own approval, and report what changed in the world."""
    from gnomon.interfaces.progress import shown
    from gnomon.plans.difference import changes_since
    from gnomon.plans.document import read_text
    from gnomon.plans.run import Run

    with _opened(name) as folder, shown(as_json) as progress:
        conversation = open_conversation(offline, workers, None, progress)
        before = Run(folder)
        plan = before.plan(conversation.registry)
        new = conversation.run_plan(plan, [folder / "inputs" / f.name for f in plan.files], rerun_of=before.name)
        new.keep_text(read_text(folder / "plan.yaml"), conversation.registry)
        status = decided(conversation, new, yes, as_json)
        changes = changes_since(before, new, plan) if status in ("done", "failed") else None
        if as_json:
            print_json({**run_document(new, status), "rerun_of": before.name, "changes": changes})
            raise typer.Exit(OF_STATUS[status])
        if changes is not None:
            _print_rows(changes["steps"])
            for line in (*changes["environment"], *changes["replies"]):
                print_text(f"Changed: {line}")
            print_text(f"Since run {before.name}: {changes['verdict']}")
        close(new, status, as_json)


# --------------------------------------------------------------------------- script


def script(
    name: Annotated[str, typer.Argument(metavar="RUN|PLAN", help="A run, a bundle, or a plan file.")],
    output: Output = None,
    notebook: Annotated[bool, typer.Option("--notebook", help="A Jupyter notebook instead.")] = False,
    check: Annotated[bool, typer.Option("--verify", help="Run it by itself on the run's record, and compare.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="With --verify: in a fresh environment made from the lock.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a plan or a run as one file that needs neither Gnomon nor a model."""
    from gnomon.plans import document
    from gnomon.plans.run import Run
    from gnomon.plans.script_check import check_script, say_checked

    registry = open_registry()
    if Path(name).is_file() and Path(name).suffix in (".yaml", ".yml", ".json"):
        if check or fresh:
            raise errors.UsageError(
                "A plan that never ran has no record to verify a script against.", remedy="Give a run."
            )
        plan, run = document.read_plan(Path(name), registry), None
        _write_script(plan, registry, run, output, notebook, as_json)
        return
    with _opened(name) as folder:
        run = Run(folder)
        plan = run.plan(registry)
        if check or fresh:
            checked = check_script(run, fresh=fresh)
            if as_json:
                print_json(checked.document())
            else:
                _print_rows(checked.rows)
                print_text(f"{say_checked(checked.document())} ({checked.how}, {checked.seconds:.1f} s)")
            codes = {"different": Exit.FAILED, "could not replay": Exit.NOT_REPLAYED}
            raise typer.Exit(codes.get(checked.verdict, Exit.DONE))
        _write_script(plan, registry, run if run.executed() else None, output, notebook, as_json)


def _write_script(
    plan: Plan, registry: Registry, run: Run | None, output: Path | None, notebook: bool, as_json: bool
) -> None:
    from gnomon.plans.notebook import notebook_text
    from gnomon.plans.run import write_text
    from gnomon.plans.script import script_text

    text = (notebook_text if notebook else script_text)(plan, registry, run)
    if output is not None:
        if output.exists() and (not output.is_file() or output.read_text(encoding="utf-8", errors="replace") != text):
            raise errors.UsageError(f"{output} is there already.", remedy="Choose another name with -o, or remove it.")
        write_text(output, text)
        say(f"Written to {output}.")
    if as_json:
        print_json({"file": str(output)} if output else {"text": text})
    elif output is None:
        print_text(text)


# --------------------------------------------------------------------------- receipts and why


def receipts(
    report: Annotated[
        Path, typer.Argument(metavar="REPORT", help="A report, as it was written or as somebody edited it.")
    ],
    number: Annotated[
        str | None, typer.Argument(metavar="NUMBER", help="Show where this number (or receipt, r9) comes from.")
    ] = None,
    of: Annotated[
        str | None, typer.Option("--run", help="The run that the report is about, where it lies elsewhere.")
    ] = None,
    mark: Annotated[
        Path | None, typer.Option("--mark", help="Write the report with what has no receipt marked.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check that every number and citation of a report has a receipt, or follow one number back to its sources."""
    from gnomon.agents import receipts_check as checker
    from gnomon.plans.run import write_text

    registry = open_registry()
    with _opened(of) if of else nullcontext(None) as given:
        checked = checker.check_file(report, registry, given)
        folder = checker.folder_of(report, given)
        if number is not None:
            claims = checker.claims_of(checked, number)
            if not claims:
                raise errors.UsageError(
                    f"The report has no number {number}.", remedy="Give it as it stands there, such as 75.767 or r9."
                )
            links = [(claim, checker.chain(claim, folder, registry)) for claim in claims]
            if as_json:
                print_json({"claims": [{**_claim(c), "chain": link} for c, link in links]})
            else:
                for claim, link in links:
                    print_text(f"Line {claim.line}, {claim.text}")
                    print_text("\n".join(link))
            raise typer.Exit(Exit.DONE if all(c.supported for c in claims) else Exit.FAILED)
        if mark is not None:
            if mark.exists():
                raise errors.UsageError(f"{mark} is there already.", remedy="Choose another name, or remove it.")
            write_text(mark, checker.mark(checked.text, checked))
    bad = checked.unsupported
    if as_json:
        print_json(
            {
                "good": checked.good,
                "claims": len(checked.claims),
                "faults": [str(f) for f in checked.faults],
                "unsupported": [_claim(c) for c in bad],
            }
        )
    else:
        for fault in checked.faults:
            print_text(str(fault))
        for claim in bad:
            print_text(f"line {claim.line}, column {claim.column}: {claim.text}: {claim.reason}")
        print_text(f"{len(checked.claims)} numbers and citations, {len(bad)} without a receipt")
    if mark is not None:
        say(f"Written to {mark}.")
    raise typer.Exit(Exit.DONE if checked.good else Exit.FAILED)


def _claim(claim: Claim) -> dict[str, Any]:
    source = claim.source
    return {
        "text": claim.text,
        "line": claim.line,
        "column": claim.column,
        "kind": claim.kind,
        "supported": claim.supported,
        "reason": claim.reason,
        "source": vars(source) if source else None,
    }


def why(
    name: Bundle,
    artifact: Annotated[
        str | None, typer.Argument(help="A step, a file of the outputs, a digest or a receipt.")
    ] = None,
    prov: Annotated[bool, typer.Option("--prov", help="The whole run as W3C PROV-JSON.")] = False,
    as_json: Json = False,
) -> None:
    """Say what made an artifact, from what, allowed by whom."""
    from gnomon.plans import artifact_names, lineage, lineage_tree, provenance

    with _opened(name) as folder:
        if prov:
            print_text(provenance.prov_json(folder))
            return
        if artifact is None:
            raise errors.UsageError(
                "Say which artifact.", remedy=f"For example: gnomon why {name} STEP; `gnomon show` lists the steps."
            )
        registry = open_registry()
        found = lineage.lineage(folder, artifact_names.find(folder, artifact, registry), registry)
        if as_json:
            print_json(lineage.document(found))
        else:
            print_text(lineage_tree.tree(found))


# --------------------------------------------------------------------------- the store


@store_app.callback(invoke_without_command=True)
def store(context: typer.Context, as_json: Json = False) -> None:
    """Say how large the store is, and what of it is needed."""
    if context.invoked_subcommand:
        return
    from gnomon.plans import housekeeping

    conversation = open_conversation()
    found = housekeeping.survey(conversation.store.root, conversation.runs, _kept_replies())
    print_json(found.document()) if as_json else print_text(str(found))


@store_app.command()
def gc(
    older: Annotated[str, typer.Option(help="Only what was not used for so long: 30d, 12h, 2w.", metavar="AGE")],
    replies: Annotated[
        bool, typer.Option("--replies", help="Forget answers of services, too, that are older; no run needs them.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Remove what no kept run needs, and say what that freed."""
    from gnomon.plans import housekeeping

    conversation = open_conversation()
    forget = _kept_replies() if replies else None
    freed = housekeeping.collect(
        conversation.store, conversation.runs, housekeeping.parse_age(older), dry_run=dry_run, replies=forget
    )
    print_json(freed.document()) if as_json else print_text(str(freed))


def _kept_replies() -> Path:
    from gnomon.interfaces import settings

    return Path(settings.load(Options.config).access().folder) / "replies"


def discard(name: RunName, yes: Yes = False, as_json: Json = False) -> None:
    """Remove a run: its folder goes at once, what only it needed with the next `gnomon store gc`."""
    from gnomon.plans import housekeeping

    found = find_run(open_conversation(), name)
    if not yes:
        if not is_interactive(as_json):
            raise errors.UsageError(f"Nothing was removed: run {found.id} cannot be had back.", remedy="Say --yes.")
        if not typer.confirm(f"Remove run {found.id} for good?", default=False, err=True):
            raise typer.Exit(Exit.DONE)
    housekeeping.discard(found)
    if as_json:
        print_json({"discarded": found.id})
    say(f"Run {found.id} is removed. `gnomon store gc --older 0d` frees what only it needed.")

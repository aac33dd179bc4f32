"""Commands on trained models: ``gnomon models``, ``train``, ``predict`` and ``bench models``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces import label_command
from gnomon.interfaces.application import Exit, Json, Options
from gnomon.interfaces.named_models import DeviceName, Seed, all_models, check_words, named, the_one
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.tools.inference.hub.cards import Card
    from gnomon.tools.inference.hub.offered import Offer

bench_app = typer.Typer(name="bench", help="Measure what is offered, beside classical methods.", no_args_is_help=True)

Folder = Annotated[
    Path,
    typer.Option("--data", "-d", help="The folder in which the data sets lie, or one file of the model's set.", metavar="PATH"),
]  # fmt: skip
PresetName = Annotated[str, typer.Option("--preset", help="How large: cpu or gpu.", metavar="cpu|gpu")]


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    app.command()(models)
    app.command()(train)
    app.command()(predict)
    app.command()(label_command.label)
    app.add_typer(bench_app)


def models(
    name: Annotated[str | None, typer.Argument(help="One model, or all of a family: their cards.")] = None,
    table: Annotated[
        bool, typer.Option("--table", help="All scores beside those of classical methods, as a table in Markdown.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the trained models, or print the card of one."""
    from dataclasses import asdict

    found = all_models()
    offers = list(found.values()) if name is None else named(found, name)
    cards: list[tuple[Offer, Card]] = []
    for offer in offers:
        try:
            cards.append((offer, offer.card))
        except errors.GnomonError as error:
            if name is not None:
                raise
            say(str(error))
    if as_json:
        print_json({"models": [asdict(card) for _offer, card in cards]})
    elif table:
        from gnomon.tools.inference.hub.bench import rows_of_card, table_of

        print_text(table_of([row for _offer, card in cards for row in rows_of_card(card)]))
    elif name is None:
        if not cards:
            say("There are no trained models here.")
        for offer, card in sorted(cards, key=lambda c: (c[1].family, c[1].model)):
            print_text(f"{offer.model.family:<12} {card.model:<20} {card.title}\n{'':<34}{card.leading()}")
    else:
        print_text("\n\n".join(_page(card) for _offer, card in cards))


def _page(card: Card) -> str:
    """A card for people."""
    sim = " (simulated)"
    lines = [f"{card.model} ({card.family}): {card.title}", card.title_zh, ""]
    lines += [f"Task        {card.task}: {card.takes} -> {card.gives}"]
    if card.classes:
        lines += [f"Classes     {', '.join(card.classes)}"]
    w = card.weights
    lines += [f"Weights     {w['file']}, {w['bytes'] / 1e6:.2f} MB, {w['parameters']:,} numbers, sha256 {w['sha256']}"]
    for d in card.data:
        lines += [
            f"Trained on  {d['name']}: {d['examples']:,} examples of {d['objects']:,} objects{sim if d['simulated'] else ''}; {d['citation']}",
            f"            terms: {d['terms']}",
        ]
    lines += [f"Split       {card.split['rule']}; every test part was opened once"]
    for where, told in card.scores.items():
        lines += ["", f"Scores on {where}{sim if told['simulated'] else ''}: {told['examples']:,} examples of {told['objects']:,} objects"]  # fmt: skip
        others = card.baselines.get(where, {})
        lines += [_table_of(told["metrics"], others)]
        for other, metrics in others.items():
            d = metrics["difference"]
            lines += [f"  {d['of']}: ours minus {other} {d['value']:+.4f} ({d['lower']:+.4f} to {d['upper']:+.4f} at {d['level']:.0%})"]  # fmt: skip
    lines += ["", "Calibration " + (", ".join(f"{k} {_short(v)}" for k, v in card.calibration.items()) or "none")]
    flagged = ", ".join(f"{k} {v:.1%}" for k, v in card.guard["flagged"].items())
    lines += [f"Guard       flags p < {card.guard['flagged_below']}: {flagged}", f"            {card.guard['fails']}"]
    c = card.cost
    lines += [
        f"Cost        {c['train_seconds']:.0f} s to train, {c['seconds_per_1000']:.3g} s for 1000 objects ({c['device']}, {c.get('name') or str(c.get('threads', '')) + ' threads'}, {c['precision']})"
    ]
    lines += [
        f"Made by     gnomon train {card.model} --preset {card.settings['preset']} --seed {card.settings['seed']}"
    ]
    lines += [f"Known bias  {b}" for b in card.biases]
    lines += [f"Note        {n}" for n in card.notes]
    lines += [f"Cites       {c}" for c in card.citations]
    return "\n".join(lines)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _table_of(ours: dict[str, Any], others: dict[str, Any]) -> str:
    rows = [["", "ours", *others]]
    for name, score in ours.items():
        row = [name, f"{score['value']:.4f} ({score['lower']:.4f} to {score['upper']:.4f})"]
        row += [f"{o[name]['value']:.4f} ({o[name]['lower']:.4f} to {o[name]['upper']:.4f})" for o in others.values()]
        rows.append(row)
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return "\n".join("  " + "  ".join(cell.ljust(w) for cell, w in zip(r, widths, strict=True)).rstrip() for r in rows)


def train(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model, or a family: all of its models.")],
    data: Folder,
    preset: PresetName = "cpu",
    device: DeviceName = "auto",
    seed: Seed = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Gets cards, weights, curves and checkpoints; by default below Gnomon's own folder.", metavar="FOLDER"),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Train a model: score it beside classical methods by its protocol, fit it to all of its data, write weights and card. A stopped training goes on."""
    from dataclasses import asdict

    from gnomon.interfaces import settings
    from gnomon.tools.inference.hub.cards import write_card
    from gnomon.tools.inference.hub.curves import draw_curves
    from gnomon.tools.inference.hub.evaluation import train_model
    from gnomon.tools.inference.hub.training import Training

    check_words(preset, device)
    offers = named(all_models(), name)
    folder = output or settings.load(Options.config).home / "models"
    told = []
    for offer in offers:
        model = offer.model
        begun = time.monotonic()
        examples = model.load(model.datasets[0].name, data)
        place = folder / "checkpoints" / f"{model.name}-{preset}-{seed}"
        training = Training(place, seed, device, say)
        _fitted, card, _scored = train_model(model, examples, preset, training, folder)  # type: ignore[arg-type]
        write_card(folder / "cards" / f"{model.name}.yaml", card)
        draw_curves(place, folder / "curves" / f"{model.name}.png")
        told.append({"card": asdict(card), "compared_with_shipped": _compared(offer, card)})
        if not as_json:
            print_text(_page(card))
            for line in _compared(offer, card):
                print_text(line)
            print_text(f"\nWritten to {folder} in {time.monotonic() - begun:.0f} s.")
    if as_json:
        print_json({"trained": told, "folder": str(folder)})


def _compared(offer: Offer, card: Card) -> list[str]:
    """Whether new scores lie within the intervals of those of the weights that come along."""
    try:
        shipped = offer.card
    except errors.GnomonError:
        return []
    lines = []
    for where, told in card.scores.items():
        for name, score in told["metrics"].items():
            known = shipped.scores.get(where, {}).get("metrics", {}).get(name)
            if known:
                within = known["lower"] <= score["value"] <= known["upper"]
                lines.append(
                    f"{name} on {where}: {score['value']:.4f}, {'within' if within else 'OUTSIDE'} "
                    f"{known['lower']:.4f} to {known['upper']:.4f} of the weights that come with Gnomon"
                )
    return lines


@bench_app.command("models")
def bench_models(
    data: Folder,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Models or families; all, when none is named.")
    ] = None,
    on: Annotated[
        Path | None,
        typer.Option("--on", help="Score the weights that come with Gnomon on this labelled file, in place of training by the protocol.", metavar="FILE"),
    ] = None,
    preset: PresetName = "cpu",
    device: DeviceName = "auto",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Make the table of all models, data sets and classical methods again: each model is trained and scored by its protocol."""
    from gnomon.interfaces import settings
    from gnomon.tools.inference.hub.bench import bench, bench_shipped, table_of

    check_words(preset, device)
    found = all_models()
    offers = [o for n in names for o in named(found, n)] if names else list(found.values())
    if on is not None and len(offers) != 1:
        raise errors.UsageError("A file is of one model's set.", remedy="Name the model: gnomon bench models NAME --on FILE.")  # fmt: skip
    folder = settings.load(Options.config).home / "models" / "checkpoints"
    rows: list[dict[str, Any]] = []
    failed = 0
    for offer in offers:
        try:
            if on is not None:
                rows += bench_shipped(offer, on, data, device, seed)
            else:
                rows += bench(offer, data, preset, device, seed, folder / f"{offer.model.name}-{preset}-{seed}", say)
        except errors.GnomonError as error:
            if len(offers) == 1:
                raise
            failed += 1
            say(f"{offer.model.name}: {error}")
    if as_json:
        print_json({"rows": rows})
    else:
        print_text(table_of(rows))
    if failed:
        raise typer.Exit(int(Exit.FAILED))


def predict(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Parquet or CSV files, of any size.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="A .parquet or .csv file; for several files a folder.", metavar="PATH"),
    ],
    device: DeviceName = "auto",
    rows: Annotated[int, typer.Option(min=1, help="Rows of a file that are held at a time.")] = 200_000,
    workers: Annotated[int, typer.Option(min=1, help="Processes side by side, for several files.")] = 1,
    cluster: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler; each worker takes the GPU that it sees.", metavar="ADDRESS")
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Say something of everything in files that may be larger than memory: survey mode, without a plan or a report."""
    from dataclasses import asdict

    from gnomon.tools.inference.hub.survey import predict_file

    check_words(device=device)
    offer = the_one(name)
    if len(files) == 1:
        begun = time.monotonic()
        last = [begun]

        def told(objects: int) -> None:
            if time.monotonic() - last[0] > 5:
                last[0] = time.monotonic()
                say(f"{objects:,} objects, {objects / (last[0] - begun):,.0f} a second")

        said = [predict_file(offer.model, offer.fitted(), files[0], output, device, rows, told)]
    else:
        said = _side_by_side(offer, files, output, device, rows, workers, cluster)
    if as_json:
        print_json({"model": name, "weights": offer.card.weights["sha256"], "files": [asdict(s) for s in said]})
    else:
        for s in said:
            odd = f", {s.flagged:,} of them unlike what the model knows" if s.flagged else ""
            print_text(
                f"{s.file}: {s.error or f'{s.objects:,} objects{odd}, in {s.seconds:.1f} s, written to {s.output}'}"
            )
        print_text(f"Model {offer.card.model} (weights {offer.card.weights['sha256'][:12]}…): {offer.card.leading()}")
    if any(s.error for s in said):
        raise typer.Exit(int(Exit.FAILED))


def _side_by_side(
    offer: Offer, files: list[Path], folder: Path, device: str, rows: int, workers: int, cluster: str | None
) -> list[Any]:
    from gnomon.plans import executors
    from gnomon.tools.inference.hub.survey import predict_files

    def told(said: Any) -> None:
        say(f"{said.file}: {said.error or f'{said.objects:,} objects'}")

    asked = (offer.model.name, files, folder, ".parquet", device, rows)
    if cluster is not None:
        with executors.cluster(cluster) as executor:
            return predict_files(*asked, executor, told)
    with executors.local(workers) as executor:
        return predict_files(*asked, executor, told)

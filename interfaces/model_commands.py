"""Commands on trained models: ``gnomon models``, ``train``, ``predict``, ``label`` and ``bench models``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import Exit, Json, Options
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.tools.inference.hub.cards import Card
    from gnomon.tools.inference.hub.offered import Models, Offer

bench_app = typer.Typer(name="bench", help="Measure what is offered, beside classical methods.", no_args_is_help=True)

Folder = Annotated[
    Path,
    typer.Option("--data", "-d", help="The folder in which the data sets lie, or one file of the model's set.", metavar="PATH"),
]  # fmt: skip
PresetName = Annotated[str, typer.Option("--preset", help="How large: cpu or gpu.", metavar="cpu|gpu")]
DeviceName = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.", metavar="DEVICE")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of everything that is drawn.")]


def register(app: typer.Typer) -> None:
    """Put these commands on the application."""
    app.command()(models)
    app.command()(train)
    app.command()(predict)
    app.command()(label)
    app.add_typer(bench_app)


def _all_models() -> Models:
    from gnomon.tools.inference.hub.offered import Models

    found = Models()
    for refusal in found.refused:
        say(str(refusal))
    return found


def _named(found: Models, name: str) -> list[Offer]:
    try:
        return found.named(name)
    except errors.PlanError as error:
        raise errors.UsageError(error.what, remedy=error.remedy) from error


def models(
    name: Annotated[str | None, typer.Argument(help="One model, or all of a family: their cards.")] = None,
    table: Annotated[
        bool, typer.Option("--table", help="All scores beside those of classical methods, as a table in Markdown.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the trained models, or print the card of one."""
    from dataclasses import asdict

    found = _all_models()
    offers = list(found.values()) if name is None else _named(found, name)
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

    _check(preset, device)
    offers = _named(_all_models(), name)
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


def _check(preset: str = "cpu", device: str = "auto") -> None:
    """Refuse words that stand for no preset and no device, before anything is loaded."""
    if preset not in ("cpu", "gpu"):
        raise errors.UsageError(f"There is no preset {preset!r}.", remedy="Say cpu or gpu.")
    if device.partition(":")[0] not in ("auto", "cpu", "cuda"):
        raise errors.UsageError(f"There is no device called {device!r}.", remedy="Say auto, cpu or cuda.")


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

    _check(preset, device)
    found = _all_models()
    offers = [o for n in names for o in _named(found, n)] if names else list(found.values())
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

    _check(device=device)
    offer = _one(name)
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


def _one(name: str) -> Offer:
    offers = _named(_all_models(), name)
    if len(offers) > 1:
        raise errors.UsageError(
            f"{name} is a family of {len(offers)} models.",
            remedy="Name one of them: " + ", ".join(o.model.name for o in offers) + ".",
        )
    return offers[0]


def label(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model that tells classes apart.")],
    data: Annotated[Path, typer.Option("--data", "-d", help="What may be labelled.", metavar="FILE")],
    labels: Annotated[
        Path, typer.Option("--labels", help="Keeps labels: CSV with name, label, by and time.", metavar="FILE")
    ] = Path("labels.csv"),
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many to rank.")] = 10,
    ask: Annotated[bool, typer.Option("--ask", help="Show one after the other, and take its class.")] = False,
    fit: Annotated[
        Path | None,
        typer.Option("--fit", help="Fit a new head to the labels, and write these weights.", metavar="FILE.safetensors"),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="How the first score rises with labels; the file must say what is true.")
    ] = False,
    device: DeviceName = "auto",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Rank what to label next, take labels, fit a model's head to a few of them, and show what labels are worth."""
    import getpass

    import numpy as np

    from gnomon.tools.inference.hub import labelling
    from gnomon.tools.inference.hub.examples import Examples

    _check(device=device)
    offer = _one(name)
    model, fitted = offer.model, offer.fitted()
    if not model.classes:
        raise errors.UsageError(f"{name} does not tell classes apart.", remedy="Label for a model with classes: `gnomon models`.")  # fmt: skip
    examples = Examples.joined(list(model.stream(data, 10**9)))
    prediction = model.predict(fitted, examples.inputs, device)
    features = model.features(fitted, examples.inputs, device)
    if curve:
        _curve(model, examples, prediction.value, features, seed, as_json)
        return
    known = labelling.read_labels(labels)
    wrong = sorted(set(known.values()) - set(model.classes))
    if wrong:
        raise errors.UsageError(f"{labels.name} has the label {wrong[0]!r}, which is no class of {name}.", remedy="Its classes are " + ", ".join(model.classes) + ".")  # fmt: skip
    names = examples.names
    labelled = np.array([n in known for n in names])
    if fit is not None:
        _fit_head(offer, fitted, prediction.value, features, names, known, fit, as_json)
        return
    chosen = labelling.next_to_label(prediction.value, features, labelled, count)
    rows = [
        {
            "name": names[i],
            "class": model.classes[int(prediction.value[i].argmax())],
            "probability": round(float(prediction.value[i].max()), 4),
            "in_domain": round(float(prediction.in_domain[i]), 4),
        }
        for i in chosen
    ]
    if as_json:
        print_json({"model": name, "labelled": int(labelled.sum()), "of": len(names), "next": rows})
        return
    if not ask:
        for row in rows:
            print_text(f"{row['name']:<24} {row['class']:<14} {row['probability']:.3f}   guard {row['in_domain']:.3f}")
        say(
            f"{int(labelled.sum())} of {len(names)} are labelled in {labels}. --ask takes labels, --fit learns from them."
        )
        return
    keys = {str(k + 1): c for k, c in enumerate(model.classes)}
    say("Classes: " + ", ".join(f"{k} {c}" for k, c in keys.items()) + "; s skips, q ends.")
    for i, row in zip(chosen, rows, strict=True):
        print_text(f"\n{row['name']}: now {row['class']} with {row['probability']:.3f}")
        for line in _drawn({k: v[i] for k, v in examples.inputs.items()}):
            print_text(line)
        answer = typer.prompt("class", default="s", err=True).strip()
        if answer == "q":
            break
        said = keys.get(answer, answer)
        if said in model.classes:
            labelling.add_label(labels, row["name"], said, getpass.getuser())
        elif answer != "s":
            say(f"{answer!r} is no class; left out.")


def _drawn(inputs: dict[str, Any]) -> list[str]:
    """Inputs of an example as text: short ones as numbers, long ones as a line of blocks."""
    import numpy as np

    blocks = "▁▂▃▄▅▆▇█"
    lines = []
    for name, value in inputs.items():
        flat = np.asarray(value, dtype=float).ravel()
        if flat.size <= 12:
            lines.append(f"  {name}: " + " ".join(f"{v:.4g}" for v in flat))
        elif np.ndim(value) == 1:
            parts = [p[np.isfinite(p)] for p in np.array_split(flat, min(72, flat.size))]
            means = np.array([p.mean() if p.size else np.nan for p in parts])
            low, high = np.nanmin(means), np.nanmax(means)
            places = np.nan_to_num((means - low) / (high - low or 1.0) * 7).round().astype(int)
            lines.append(f"  {name}: " + "".join(blocks[p] if np.isfinite(m) else " " for p, m in zip(places, means, strict=True)) + f"  {low:.3g} to {high:.3g}")  # fmt: skip
    return lines


def _fit_head(
    offer: Offer, fitted: Any, value: Any, features: Any, names: list[str], known: dict[str, str], path: Path, as_json: bool
) -> None:  # fmt: skip
    import numpy as np

    from gnomon.tools.inference.hub.labelling import fit_head
    from gnomon.tools.inference.hub.weights import write_tensors

    rows = np.array([i for i, n in enumerate(names) if n in known], dtype=int)
    codes = np.array([offer.model.classes.index(known[names[i]]) for i in rows], dtype=int)
    head = fit_head(value[rows], features[rows], codes)
    header = {**fitted.header, "head": {"labels": len(rows), "of_weights": offer.card.weights["sha256"]}}
    sha256 = write_tensors(path, {**fitted.tensors, **head}, header)
    told = {"weights": str(path), "sha256": sha256, "labels": len(rows)}
    if as_json:
        print_json(told)
    else:
        print_text(f"A head fitted to {len(rows)} labels was written to {path} (sha256 {sha256}).")


def _curve(model: Any, examples: Any, value: Any, features: Any, seed: int, as_json: bool) -> None:
    from dataclasses import asdict

    from gnomon.tools.inference.hub.labelling import label_efficiency

    if examples.target is None:
        raise errors.UsageError("The file does not say what is true of its objects.", remedy="Give a labelled one.")
    lead = model.metrics[0]
    found = label_efficiency(
        value, features, examples.target, examples.groups, lambda t, v: lead.function(t, v, {}), seed=seed
    )
    if as_json:
        print_json({"metric": lead.name, **asdict(found)})
        return
    print_text(f"{lead.name} on the half that is never labelled; without labels {found.without:.4f}")
    print_text("labels  ranked  random")
    for n, a, b in zip(found.labels, found.ranked, found.random, strict=True):
        print_text(f"{n:>6}  {a:.4f}  {b:.4f}")

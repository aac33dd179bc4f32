"""``gnomon label``: what to label next, labels taken in the terminal or on a page, and what a model learns from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnomon.interfaces.application import Json
from gnomon.interfaces.named_models import DeviceName, Seed, check_words, the_one
from gnomon.interfaces.output import print_json, print_text, say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.tools.inference.hub.offered import Offer


def label(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model that tells classes apart.")],
    data: Annotated[Path, typer.Option("--data", "-d", help="What may be labelled.", metavar="FILE")],
    labels: Annotated[
        Path, typer.Option("--labels", help="Keeps labels: CSV with name, label, by and time.", metavar="FILE")
    ] = Path("labels.csv"),
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many to rank.")] = 10,
    ask: Annotated[bool, typer.Option("--ask", help="Show one after the other, and take its class.")] = False,
    page: Annotated[
        bool, typer.Option("--page", help="The same on a page in the browser of this machine, with a figure and keys.")
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Of the page; 0 for any that is free.")
    ] = 0,
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
    """Rank what to label next, take labels in the terminal or on a page, fit a model's head to a few of them, and show what labels are worth."""
    import getpass

    import numpy as np

    from gnomon.tools.inference.hub import labelling
    from gnomon.tools.inference.hub.examples import Examples
    from gnomon.tools.inference.hub.pictures import blocks_of

    check_words(device=device)
    offer = the_one(name)
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

    def told(i: int) -> dict[str, Any]:
        return {
            "name": names[i],
            "class": model.classes[int(prediction.value[i].argmax())],
            "probability": round(float(prediction.value[i].max()), 4),
            "in_domain": round(float(prediction.in_domain[i]), 4),
        }

    if page:
        from gnomon.interfaces.label_page import LabelPage, serve
        from gnomon.tools.inference.hub.pictures import picture_of

        def ranked() -> list[int]:
            done = labelling.read_labels(labels)
            free = np.array([n in done for n in names])
            return [int(i) for i in labelling.next_to_label(prediction.value, features, free, count)]

        def drawn(i: int) -> bytes:
            return picture_of({k: v[i] for k, v in examples.inputs.items()}, fitted.header)

        serve(LabelPage(model.title, model.classes, labels, ranked, told, drawn, getpass.getuser()), port)
        return
    chosen = labelling.next_to_label(prediction.value, features, labelled, count)
    rows = [told(int(i)) for i in chosen]
    if as_json:
        print_json({"model": name, "labelled": int(labelled.sum()), "of": len(names), "next": rows})
        return
    if not ask:
        for row in rows:
            print_text(f"{row['name']:<24} {row['class']:<14} {row['probability']:.3f}   guard {row['in_domain']:.3f}")
        say(
            f"{int(labelled.sum())} of {len(names)} are labelled in {labels}. --ask and --page take labels, --fit learns from them."
        )
        return
    keys = {str(k + 1): c for k, c in enumerate(model.classes)}
    say("Classes: " + ", ".join(f"{k} {c}" for k, c in keys.items()) + "; s skips, q ends.")
    for i, row in zip(chosen, rows, strict=True):
        print_text(f"\n{row['name']}: now {row['class']} with {row['probability']:.3f}")
        for line in blocks_of({k: v[i] for k, v in examples.inputs.items()}):
            print_text(line)
        answer = typer.prompt("class", default="s", err=True).strip()
        if answer == "q":
            break
        said = keys.get(answer, answer)
        if said in model.classes:
            labelling.add_label(labels, row["name"], said, getpass.getuser())
        elif answer != "s":
            say(f"{answer!r} is no class; left out.")


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

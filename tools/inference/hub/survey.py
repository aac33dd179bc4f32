"""What a model says of whole surveys: files in bounded memory, side by side where there is a cluster."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import GnomonError, InputError
from gnomon.tools.inference.hub.domain import FLAGGED_BELOW

if TYPE_CHECKING:
    from gnomon.tools.inference.hub.examples import Examples
    from gnomon.tools.inference.hub.models import Fitted, Model, Prediction

ROWS = 200_000  # of a file at a time


@dataclass(frozen=True)
class Said:
    """What came of a file."""

    file: str
    output: str
    objects: int
    flagged: int
    seconds: float
    error: str = ""


def columns_of(model: Model, examples: Examples, prediction: Prediction) -> dict[str, Any]:
    """A prediction as columns: names, classes with probabilities or numbers with intervals, the guard, and what else there is one number of."""
    import numpy as np

    columns: dict[str, Any] = {"name": examples.names}
    if prediction.value.ndim == 2:
        best = prediction.value.argmax(axis=1)
        columns["class"] = np.array(model.classes)[best]
        columns |= {f"p_{c}": prediction.value[:, i] for i, c in enumerate(model.classes)}
    else:
        columns["value"] = prediction.value
    if prediction.lower is not None and prediction.upper is not None:
        columns |= {"lower": prediction.lower, "upper": prediction.upper}
    columns |= {k: v for k, v in prediction.extras.items() if v.ndim == 1}
    return columns | {"in_domain": prediction.in_domain}


def predict_file(
    model: Model,
    fitted: Fitted,
    file: Path,
    output: Path,
    device: str = "auto",
    rows: int = ROWS,
    told: Callable[[int], None] = lambda _n: None,
) -> Said:
    """Say something of everything in a file, some at a time; the output is there whole or not at all.

    Parameters
    ----------
    model, fitted : Model, Fitted
        Which says so.
    file, output : pathlib.Path
        ``.csv`` gives CSV, everything else Parquet.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    rows : int
        Of the file at a time.
    told : callable
        Gets the number of objects that are done.

    Raises
    ------
    InputError
        Where the file cannot be read, or holds nothing for this model.
    """
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    begun = time.monotonic()
    output.parent.mkdir(parents=True, exist_ok=True)
    beside = output.with_name(f".{output.name}.{os.getpid()}")
    writer: Any = None
    objects = flagged = 0
    try:
        for examples in model.stream(file, rows):
            prediction = model.predict(fitted, examples.inputs, device)
            table = pa.table(columns_of(model, examples, prediction))
            if writer is None:
                csv = output.suffix == ".csv"
                writer = (pyarrow.csv.CSVWriter if csv else pyarrow.parquet.ParquetWriter)(str(beside), table.schema)
            writer.write_table(table)
            objects += len(examples)
            flagged += int((prediction.in_domain < FLAGGED_BELOW).sum())
            told(objects)
        if writer is None:
            raise InputError(f"{file.name} holds nothing that {model.name} could say something of.", remedy="Give a file with rows.")  # fmt: skip
        writer.close()
        writer = None
        beside.replace(output)
    finally:
        if writer is not None:
            writer.close()
        beside.unlink(missing_ok=True)
    return Said(file.name, str(output), objects, flagged, round(time.monotonic() - begun, 2))


def predict_files(
    name: str,
    files: Sequence[Path],
    folder: Path,
    suffix: str,
    device: str,
    rows: int,
    executor: Executor,
    told: Callable[[Said], None],
) -> list[Said]:
    """The same for many files side by side; a file that fails does not stop the others.

    Parameters
    ----------
    name : str
        Of the model; each worker loads its weights by itself, and takes the GPU that it sees.
    files : sequence of pathlib.Path
        Their names differ.
    folder, suffix : pathlib.Path, str
        Each output is called as its file, with this ending.
    device, rows : str, int
        As for `predict_file`.
    executor : concurrent.futures.Executor
        Of processes, or Dask's.
    told : callable
        Gets what came of each file.
    """
    twice = {f.stem for f in files if sum(g.stem == f.stem for g in files) > 1}
    if twice:
        raise InputError(
            f"Several files are called {min(twice)!r}, so that their outputs would be one.",
            remedy="Rename them, or give them one by one.",
        )
    waiting = {
        executor.submit(_predicted, name, str(f), str(folder / f"{f.stem}{suffix}"), device, rows): f for f in files
    }
    said = []
    for future in as_completed(waiting):
        said.append(future.result())
        told(said[-1])
    return sorted(said, key=lambda s: s.file)


def _predicted(name: str, file: str, output: str, device: str, rows: int) -> Said:
    from gnomon.tools.inference.hub.offered import Models

    try:
        offer = Models()[name]
        return predict_file(offer.model, offer.fitted(), Path(file), Path(output), device, rows)
    except GnomonError as error:
        return Said(Path(file).name, "", 0, 0, 0.0, str(error))

"""Signals of a transit search as two files hold them: a catalogue, and the views of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.folded_views import GLOBAL_BINS, LOCAL_BINS
from gnomon.tools.inference.light_curves.view_statistics import SCALARS

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Signals:
    """Signals, one a row.

    Parameters
    ----------
    inputs : dict
        ``global_view`` (n, 201), ``local_view`` (n, 61) and ``scalars`` (n, 9), float32, NaN where a number is missing.
    stars, rows : ndarray (n,)
        TIC numbers, and numbers of the rows.
    labels : list of str, or None
        As given.
    part : ndarray of str (n,), or None
        Of the published split.
    """

    inputs: dict[str, np.ndarray]
    stars: np.ndarray
    rows: np.ndarray
    labels: list[str] | None
    part: np.ndarray | None


def read_signals(path: Path) -> Signals:
    """Read a catalogue (``.parquet``) and its views (``.npz``), row by row the same.

    Parameters
    ----------
    path : pathlib.Path
        The folder in which one of each lies, or one of the two; the other is then the one in the same folder with the same stars.

    Raises
    ------
    InputError
        Where there is none, or they do not belong together.
    """
    import numpy as np
    import pyarrow.parquet as parquet

    if path.is_dir():
        catalogues, views = sorted(path.glob("*.parquet")), sorted(path.glob("*.npz"))
    elif path.suffix == ".npz":
        catalogues, views = sorted(path.parent.glob("*.parquet")), [path]
    else:
        catalogues, views = [path], sorted(path.parent.glob("*.npz"))
    catalogues = [c for c in catalogues if c.is_file() and {"tic_id", *SCALARS} <= _columns_of(c)]
    views = [v for v in views if v.is_file()]
    if not catalogues or not views:
        raise InputError(
            f"{path.name} holds no catalogue of signals with their views.",
            remedy="Give a folder with a catalogue (.parquet, with tic_id and "
            + ", ".join(SCALARS)
            + ") and views (.npz).",
        )
    for catalogue in catalogues:
        table = parquet.read_table(catalogue)
        columns = {name: table[name].to_numpy() for name in table.column_names}
        for file in views:
            held = _views(file)
            if "tic_id" in held and np.array_equal(held["tic_id"], columns["tic_id"]):
                return _joined(columns, held, file.name)
    raise InputError(
        f"The views in {views[0].name} are not those of the rows of {catalogues[0].name}.",
        remedy="Give a catalogue and views with the same tic_id in the same order.",
    )


def _columns_of(path: Path) -> set[str]:
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        return set(parquet.read_schema(path).names)
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise InputError(
            f"{path.name} cannot be read as Parquet: {error}.", remedy="Give a catalogue in Parquet."
        ) from error


def _views(path: Path) -> dict[str, Any]:
    import zipfile

    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path.name} cannot be read as views: {error}.", remedy="Give arrays in a .npz file."
        ) from error


def _joined(columns: dict[str, Any], views: dict[str, Any], name: str) -> Signals:
    import numpy as np

    count = len(columns["tic_id"])
    inputs: dict[str, np.ndarray] = {}
    for key, bins in (("global_view", GLOBAL_BINS), ("local_view", LOCAL_BINS)):
        view = views.get(key)
        if view is None or view.shape != (count, bins) or not np.isfinite(view).all():
            raise InputError(
                f"{name} has no array {key} with {bins} finite bins for each of {count} signals.", remedy="Make the views with folded_views."
            )  # fmt: skip
        inputs[key] = np.asarray(view, dtype=np.float32)
    inputs["scalars"] = np.stack([np.asarray(columns[k], dtype=np.float32) for k in SCALARS], axis=1)
    rows = np.asarray(columns["row_id"]) if "row_id" in columns else np.arange(count)
    labels = [str(v) for v in columns["label"]] if "label" in columns else None
    part = np.asarray(columns["split"]).astype(str) if "split" in columns else None
    return Signals(inputs, np.asarray(columns["tic_id"]), rows, labels, part)

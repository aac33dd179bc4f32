"""Looking at a catalogue on disk: its files, columns and positions, without reading its rows; and its card, by which it is attached."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.catalogues.partitions import (
    box_of,
    catalogue_folder,
    cells_promised,
    changed,
    descriptions_of,
    extremes,
    files_of,
    held_open,
    identity_of,
    in_parallel,
    largest,
    opened,
    properties_in,
)
from gnomon.tools.errors import InputError
from gnomon.tools.reading.parquet_columns import kept_from_arrow, told_of
from gnomon.tools.reading.source_positions import give_gaia_units, give_units, place

if TYPE_CHECKING:
    from gnomon.tools.kinds import Catalogue

_CARD = "gnomon_catalogue"
_SAMPLE = 1000  # rows by which columns of positions are judged
_FIRST = 5  # files and names that a sentence lists


@dataclass(frozen=True)
class Stated:
    """What a person says of a catalogue that does not say it itself; see `read_catalogue`."""

    ra_column: str | None = None
    dec_column: str | None = None
    frame: str | None = None
    epoch: float | None = None
    units: tuple[str, ...] = ()
    name: str | None = None


@dataclass(frozen=True)
class _Footer:
    """What the footer of one file says."""

    rows: int
    size: int
    sha256: str
    columns: tuple[tuple[str, str], ...]
    metadata: Any


def card_of(folder: Path) -> str:
    """The card of a catalogue: a small text that says where it lies and what identifies it, to be attached to questions.

    Raises
    ------
    InputError
        Where the folder holds no catalogue.
    """
    found, _told = catalogue_folder(folder.resolve())
    files, footers = _footers(found, bool(_told))
    card = {
        _CARD: 1,
        "name": _name(found, _told, None),
        "folder": str(found),
        "files": len(files),
        "rows": sum(f.rows for f in footers),
        "identity": identity_of(
            descriptions_of(found), [(f[0], g.rows, g.size, g.sha256) for f, g in zip(files, footers, strict=True)]
        ),
    }
    return json.dumps(card, indent=1, ensure_ascii=False) + "\n"


def card_in(text: str) -> dict[str, Any] | None:
    """What a card says; None where the text is none."""
    if _CARD not in text[:4096]:
        return None
    try:
        card = json.loads(text)
    except ValueError:
        return None
    good = isinstance(card, dict) and card.get(_CARD) == 1 and isinstance(card.get("folder"), str)
    return card if good and isinstance(card.get("identity"), str) else None


def hats_properties_in(text: str) -> dict[str, str] | None:
    """The properties of a HATS catalogue; None where the text is something else."""
    told = properties_in(text)
    return told if "hats_col_ra" in told and "hats_col_dec" in told else None


def inventory_of(folder: Path, stated: Stated, identity: str | None = None) -> Catalogue:
    """Look at a catalogue: its files by their footers, its columns, and where its positions are.

    Parameters
    ----------
    folder : pathlib.Path
    stated : Stated
    identity : str, optional
        What it must be; a catalogue of another one is refused.

    Returns
    -------
    Catalogue

    Raises
    ------
    InputError
        Where there is no catalogue, it has no positions, its files have not the same columns, or it is another one.
    """
    found, told = catalogue_folder(folder)
    name = _name(found, told, stated.name)
    files, footers = _footers(found, bool(told))
    descriptions = descriptions_of(found)
    now = identity_of(descriptions, [(f[0], g.rows, g.size, g.sha256) for f, g in zip(files, footers, strict=True)])
    if identity is not None and now != identity:
        raise changed(name, "its files or its description are others")
    sample, columns = _sample(found, files, footers, name)
    _check_columns(files, footers, name)
    position, columns = _position(sample, columns, told, stated, name)
    complete = _tell_what_is_missing(found, files, footers, told, name)
    table = _table(files, footers, position, columns)
    hidden = [c for c in (told.get("hats_col_healpix", ""), "_healpix_29", "Norder", "Dir", "Npix") if c]
    table.meta.update(
        catalogue=name,
        folder=str(found),
        form="HATS" if told else "Parquet",
        identity=now,
        metadata=descriptions,
        complete=complete,
        position=position,
        columns=[c for c in columns if c["name"] not in hidden],
        cells=_cell_column(told, footers),
        bibcode=told.get("bib_reference") or None,
    )
    return table


def _name(folder: Path, told: dict[str, str], stated: str | None) -> str:
    return stated or told.get("obs_collection") or folder.name


def _footers(folder: Path, hats: bool) -> tuple[list[tuple[str, int, int]], list[_Footer]]:
    files = files_of(folder, hats)
    if not files:
        raise InputError(
            f"{folder.name} holds no Parquet files{' in dataset/Norder=.../Dir=.../Npix=....parquet' if hats else ''}.",
            remedy="Give the folder of a HATS catalogue or of Parquet files; `gnomon catalogue make` makes one.",
        )

    def look(file: tuple[str, int, int]) -> _Footer:
        parquet, size, sha256 = opened(folder / file[0], f"{file[0]} of {folder.name}")
        with held_open(parquet):
            schema = parquet.schema_arrow
            columns = tuple((f.name, str(f.type)) for f in schema)
            return _Footer(parquet.metadata.num_rows, size, sha256, columns, parquet.metadata)

    return files, list(in_parallel(look, files))


def _check_columns(files: list[tuple[str, int, int]], footers: list[_Footer], name: str) -> None:
    """Refuse files of which one has other columns than the others."""
    first = dict(footers[0].columns)
    for file, footer in zip(files, footers, strict=True):
        other = dict(footer.columns)
        if set(other) != set(first):
            odd = sorted(set(other) ^ set(first))[:_FIRST]
            raise InputError(
                f"The files of the catalogue {name} have not the same columns: {file[0]} and {files[0][0]} differ in {', '.join(odd)}.",
                remedy="Make one catalogue of them with `gnomon catalogue make`.",
            )


def _sample(
    folder: Path, files: list[tuple[str, int, int]], footers: list[_Footer], name: str
) -> tuple[Any, list[dict[str, str]]]:
    """Some rows of the first file with any, and what is said of the columns."""
    import pyarrow as pa

    at = next((i for i, f in enumerate(footers) if f.rows), 0)
    parquet, _size, _sha = opened(folder / files[at][0], f"{files[at][0]} of {name}")
    with held_open(parquet):
        schema = parquet.schema_arrow
        batch = next(parquet.iter_batches(_SAMPLE, use_threads=False), None)
    stored = pa.Table.from_batches([batch]) if batch is not None else schema.empty_table()
    told = told_of(schema)
    for common in (folder / "dataset" / "_common_metadata", folder / "_common_metadata"):
        if common.is_file():
            import pyarrow.parquet as pq

            for column, said in told_of(pq.read_schema(common)).items():
                told[column] = {**said, **told.get(column, {})}
    masks = [n for n in stored.column_names if n.endswith(".mask") and n[:-5] in stored.column_names]
    if masks and b"table_meta_yaml" in (schema.metadata or {}):
        raise InputError(
            f"The files of {name} were written by astropy with masks in columns of their own ({masks[0]}), which are not looked at in a catalogue.",
            remedy="Make a catalogue of them with `gnomon catalogue make`, which puts the masks where they belong.",
        )
    sample, _strange = kept_from_arrow(stored, told)
    types = dict(footers[at].columns)
    columns = [{"name": n, "type": types[n], **told.get(n, {})} for n in stored.column_names]
    return sample, columns


def _position(
    sample: Any, columns: list[dict[str, str]], told: dict[str, str], stated: Stated, name: str
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Where positions are, and the columns with the units that were found for them."""
    from astropy import units as u

    said = f"The catalogue {name}"
    before = set(sample.colnames)
    ra, dec = stated.ra_column, stated.dec_column
    systems: dict[str, tuple[str, str]] = {}
    if told:
        ra, dec = ra or told.get("hats_col_ra"), dec or told.get("hats_col_dec")
        systems[""] = ("ICRS", told.get("gnomon_epoch", ""))  # ICRS is what HATS keeps its cells by
    give_units(sample, list(stated.units), said)
    for column in (ra, dec):
        if told and column in sample.colnames and getattr(sample[column], "unit", None) is None:
            give_units(sample, [f"{column}=deg"], said)
    give_gaia_units(sample, said)
    position = place(sample, systems, said, ra, dec, stated.frame, stated.epoch)
    if position is None:
        raise InputError(
            f"{said} has no columns of positions that were found.", remedy="Name them with ra_column and dec_column."
        )
    if set(sample.colnames) != before or sample[position["ra"]].unit != u.deg or sample[position["dec"]].unit != u.deg:
        raise InputError(
            f"{said} has its positions in {position['ra']} and {position['dec']} not as numbers of degrees, and a catalogue on disk needs them so.",
            remedy="Make a catalogue of it with `gnomon catalogue make`.",
        )
    out = []
    for column in columns:
        unit = str(getattr(sample[column["name"]], "unit", None) or "")
        out.append({**column, "unit": unit} if unit else column)
    return position, out


def _cell_column(told: dict[str, str], footers: list[_Footer]) -> str | None:
    """The column in which a HATS catalogue lists the cell of order 29 of each row, where all its files have it."""
    name = told.get("hats_col_healpix", "_healpix_29")
    if not told or told.get("hats_col_healpix_order", "29") != "29":
        return None
    return name if all(dict(f.columns).get(name) in ("int64", "uint64") for f in footers) else None


def _tell_what_is_missing(
    folder: Path, files: list[tuple[str, int, int]], footers: list[_Footer], told: dict[str, str], name: str
) -> bool | None:
    """Warn of files that the catalogue says it has and that are not here; None where it does not say."""
    if not told:
        return None
    promised = cells_promised(folder)
    missing = sorted((promised or set()) - {(o, p) for _f, o, p in files})
    rows = sum(f.rows for f in footers)
    said = told.get("hats_nrows", "")
    fewer = said.isdigit() and int(said) != rows
    if missing:
        shown = ", ".join(f"Norder={o}/Npix={p}" for o, p in missing[:_FIRST])
        warnings.warn(
            f"{len(missing)} of {len(promised or ())} cells of the catalogue {name} are not in its folder ({shown}{' ...' if len(missing) > _FIRST else ''}); what lies there is not found.",
            stacklevel=2,
        )
    elif fewer:
        warnings.warn(f"The catalogue {name} says that it has {said} rows, and its files hold {rows}.", stacklevel=2)
    if missing or fewer:
        return False
    return True if promised is not None or said.isdigit() else None


def _table(
    files: list[tuple[str, int, int]], footers: list[_Footer], position: dict[str, Any], columns: list[dict[str, str]]
) -> Any:
    """One row a file."""
    import numpy as np
    from astropy import units as u
    from astropy.table import MaskedColumn, QTable
    from astropy.utils.masked import Masked

    hats = files[0][1] >= 0
    table = QTable()
    table["file"] = [f[0] for f in files]
    for key, at in (("order", 1), ("pixel", 2)):
        values = np.array([f[at] for f in files], dtype=np.int64)
        table[key] = values if hats else MaskedColumn(values, mask=values < 0)
    table["rows"] = np.array([f.rows for f in footers], dtype=np.int64)
    table["bytes"] = np.array([f.size for f in footers], dtype=np.int64)
    table["footer_sha256"] = [f.sha256 for f in footers]
    boxes = [box_of(f.metadata, position["ra"], position["dec"]) for f in footers]
    limits: list[tuple[str, str, list[float]]] = [
        (n, "deg", [getattr(b, n) for b in boxes]) for n in ("ra_low", "ra_high", "dec_low", "dec_high")
    ]
    units = {c["name"]: c.get("unit", "") for c in columns}
    limits += list(_limits_of_motion(footers, position, units))
    for name, unit, values in limits:
        data = np.array(values, dtype=float)
        unknown = ~np.isfinite(data)
        quantity = np.where(unknown, np.nan, data) * u.Unit(unit)
        table[name] = Masked(quantity, unknown) if unknown.any() else quantity
    if isinstance(position["epoch"], str):
        spans = [extremes(f.metadata, position["epoch"]) for f in footers]
        for key, at in (("epoch_low", 0), ("epoch_high", 1)):
            data = np.array([np.nan if s is None or s[0] > s[1] else s[at] for s in spans])
            table[key] = Masked(np.nan_to_num(data) * u.yr, np.isnan(data)) if np.isnan(data).any() else data * u.yr
    return table


def _limits_of_motion(
    footers: list[_Footer], position: dict[str, Any], units: dict[str, str]
) -> Iterator[tuple[str, str, list[float]]]:
    """The largest proper motion, parallax and velocity in each file, as far as footers say."""
    from astropy import units as u

    def limit(footer: _Footer, role: str, unit: str) -> float:
        column = position.get(role)
        if not column:
            return 0.0
        return float(largest(footer.metadata, column) * u.Unit(units[column]).to(unit))

    yield (
        "fastest",
        "mas/yr",
        [
            float((limit(f, "pmra", "mas/yr") ** 2 + limit(f, "pmdec", "mas/yr") ** 2) ** 0.5)
            if position.get("pmra") and position.get("pmdec")
            else 0.0
            for f in footers
        ],
    )
    yield "largest_parallax", "mas", [limit(f, "parallax", "mas") for f in footers]
    yield "largest_velocity", "km/s", [limit(f, "radial_velocity", "km/s") for f in footers]


def read_text(path: Path, most: int = 1_000_000) -> str:
    """The text of a small file; "" where it is large or no text."""
    try:
        if path.is_dir() or path.stat().st_size > most:
            return ""
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def safe_name(text: str) -> str:
    """A name that a file can have."""
    return re.sub(r"[^\w.\-]+", "_", text).strip("._") or "catalogue"

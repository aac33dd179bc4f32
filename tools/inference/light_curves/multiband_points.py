"""Points of light curves in several bands as padded arrays, which is how networks and features take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

BAND_NAMES = ("g", "r", "i", "z")
EFFECTIVE_AA = (
    4720.0,
    6415.0,
    7835.0,
    9260.0,
)  # DECam, Flaugher et al. 2015, doi:10.1088/0004-6256/150/5/150
ZERO_POINT_AB = 27.5  # of fluxes, the FLUXCAL of SNANA: Kessler et al. 2009, doi:10.1086/605984
_POINT_COLUMNS = ("band", "mjd", "fluxcal", "fluxcalerr")


@dataclass(frozen=True)
class Survey:
    """What the columns of a set are called that say which object a row is of, its redshift and the redshift's uncertainty."""

    key: str
    redshift: str
    redshift_err: str

    @property
    def of_points(self) -> tuple[str, ...]:
        """Columns of the table of points."""
        return (self.key, *_POINT_COLUMNS)

    @property
    def of_objects(self) -> tuple[str, ...]:
        """Columns of the table of objects."""
        return (self.key, self.redshift, self.redshift_err)


SURVEYS = {
    "spcc": Survey("snid", "z_host_phot", "z_host_phot_err"),
    "pantheon-plus": Survey("lc_id", "z_helio", "z_helio_err"),
}


def band_code(name: str) -> int:
    """Code of a band of the g, r, i, z kind by its name in a survey, -1 where it is none of them.

    Capital letters are other filters (Bessell R, near-infrared Z), except in names of ZTF.

    Parameters
    ----------
    name : str
        Such as ``g``, ``sdssr``, ``ps1::i``, ``ZTF_r``, ``z'``.
    """
    import re

    text = name.strip()
    found = re.fullmatch(
        r"(?:(?i:sdss|ztf|des|decam|ps1|panstarrs|lsst|megacam|sloan)[\s_:.\-]*)?([griz])(?:p|'|\u2032)?", text
    ) or re.fullmatch(r"(?i:ztf)[\s_:.\-]*([GRI])", text)
    return BAND_NAMES.index(found[1].lower()) if found else -1


def padded_points(
    owner: np.ndarray, time: np.ndarray, band: np.ndarray, flux: np.ndarray, flux_err: np.ndarray, count: int
) -> dict[str, np.ndarray]:
    """Points of many objects, one row an object, in order of time.

    Parameters
    ----------
    owner : ndarray of int (m,)
        Number of each point's object, from 0.
    time : ndarray (m,)
        Days.
    band : ndarray of int (m,)
        Codes of `BAND_NAMES`; points of others (-1) are left out.
    flux, flux_err : ndarray (m,)
        At zero point 27.5.  Points that are not finite, or have no positive uncertainty, are left out.
    count : int
        Objects.

    Returns
    -------
    dict of str to ndarray
        ``time`` [days after the first point of the object], ``flux``, ``flux_err`` (float32), ``band`` (int64), ``observed`` (bool), all (count, most points);
        ``start`` (float64, NaN where an object has no point).
    """
    import numpy as np

    good = (band >= 0) & np.isfinite(time) & np.isfinite(flux) & np.isfinite(flux_err) & (flux_err > 0)
    owner, time, band, flux, flux_err = (v[good] for v in (owner, time, band, flux, flux_err))
    order = np.lexsort((band, time, owner))
    owner, time, band, flux, flux_err = (v[order] for v in (owner, time, band, flux, flux_err))
    many = np.bincount(owner, minlength=count)
    first = np.concatenate([[0], np.cumsum(many)[:-1]]).astype(int)
    place = np.arange(len(owner)) - first[owner]
    start = np.full(count, np.nan)
    start[many > 0] = time[first[many > 0]]
    shape = (count, max(1, int(many.max(initial=0))))
    points: dict[str, np.ndarray] = {
        "time": np.zeros(shape, np.float32),
        "flux": np.zeros(shape, np.float32),
        "flux_err": np.ones(shape, np.float32),
        "band": np.zeros(shape, np.int64),
        "observed": np.zeros(shape, bool),
    }
    points["time"][owner, place] = time - start[owner]
    points["flux"][owner, place] = flux
    points["flux_err"][owner, place] = flux_err
    points["band"][owner, place] = band
    points["observed"][owner, place] = True
    return points | {"start": start}


def until(points: Mapping[str, np.ndarray], end: np.ndarray) -> dict[str, np.ndarray]:
    """The points not later than a day of each object, as if the rest had not been taken yet.

    Times count from the first point that is left, which is the first of all, so nothing tells how long the curve went on.

    Parameters
    ----------
    points : dict of str to ndarray
        As `padded_points` gives.
    end : ndarray (n,)
        Days, as ``time``.
    """
    import numpy as np

    kept = points["observed"] & (points["time"] <= end[:, None])
    blank = {"time": 0.0, "flux": 0.0, "flux_err": 1.0, "band": 0}
    cut = {k: np.where(kept, points[k], np.asarray(fill, points[k].dtype)) for k, fill in blank.items()}
    return {**points, **cut, "observed": kept}


def first_detection(points: Mapping[str, np.ndarray], significance: float = 5.0) -> np.ndarray:
    """Day of each object's first point above a significance; infinite where there is none."""
    import numpy as np

    seen = points["observed"] & (points["flux"] > significance * points["flux_err"])
    return np.asarray(np.where(seen, points["time"], np.inf).min(axis=1), dtype=np.float64)


def read_survey_tables(dataset: str, folder: Path) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The table of points and the table of objects of a set.

    Parameters
    ----------
    dataset : str
        One of `SURVEYS`, and the name of the folder below `folder` where there is one.
    folder : pathlib.Path
        Folder that holds the two Parquet files (whatever their names), or the file of points, with the one of objects beside it unless it has their
        columns itself.

    Returns
    -------
    points, objects : dict of str to ndarray
        Columns by name.

    Raises
    ------
    InputError
        Where a table is missing or there are several.
    """
    survey = survey_of(dataset)
    if folder.is_file():
        points = columns_of_file(folder, survey.of_points)
        if set(survey.of_objects) <= set(points):
            return points, _of_objects(points, survey)
        beside = objects_beside(folder, survey)
        return points, columns_of_file(_only(beside, "objects", folder.parent, survey.of_objects), survey.of_objects)
    place = folder / dataset if (folder / dataset).is_dir() else folder
    files = sorted(place.glob("*.parquet"))
    points_file = _only([f for f in files if _has(f, survey.of_points)], "points", place, survey.of_points)
    objects_file = _only([f for f in files if _has(f, survey.of_objects)], "objects", place, survey.of_objects)
    return columns_of_file(points_file, survey.of_points), columns_of_file(objects_file, survey.of_objects)


def _of_objects(points: Mapping[str, np.ndarray], survey: Survey) -> dict[str, np.ndarray]:
    """What a table of points says of its objects, from the first point of each."""
    import numpy as np

    _names, first = np.unique(points[survey.key], return_index=True)
    return {k: v[first] for k, v in points.items() if k not in _POINT_COLUMNS}


def survey_of(dataset: str) -> Survey:
    """How the columns of a set are called.

    Raises
    ------
    InputError
        Where the set is not known.
    """
    if dataset not in SURVEYS:
        raise InputError(
            f"No light curves of supernovae are called {dataset!r}.", remedy=f"Say {' or '.join(SURVEYS)}."
        )
    return SURVEYS[dataset]


def objects_beside(file: Path, survey: Survey) -> list[Path]:
    """Files beside one of points that hold its objects: the one of the same name with ``objects`` for ``lightcurves``, else all that could."""
    twin = file.with_name(file.name.replace("lightcurves", "objects"))
    beside = [twin] if twin != file and twin.is_file() else sorted(file.parent.glob("*.parquet"))
    return [f for f in beside if f != file and _has(f, survey.of_objects)]


def _has(file: Path, columns: tuple[str, ...]) -> bool:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import read_schema

    try:
        return set(columns) <= set(read_schema(file).names)
    except (ArrowInvalid, OSError):
        return False


def _only(files: list[Path], what: str, place: Path, columns: tuple[str, ...]) -> Path:
    if not files:
        raise InputError(
            f"{place.name} holds no Parquet table of {what} of supernovae.",
            remedy=f"Its columns are {', '.join(columns)}.",
        )
    if len(files) > 1:
        names = ", ".join(f.name for f in files)
        raise InputError(f"{place.name} holds several tables of {what} ({names}).", remedy="Name one file.")
    return files[0]


def columns_of_file(file: Path, needed: tuple[str, ...]) -> dict[str, np.ndarray]:
    """All columns of a Parquet file.

    Raises
    ------
    InputError
        Where it is none, or a needed column is missing.
    """
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import read_table

    try:
        table = read_table(file)
    except (ArrowInvalid, OSError) as error:
        raise InputError(f"{file.name} is no Parquet table.", remedy=f"Its columns are {', '.join(needed)}.") from error
    missing = [c for c in needed if c not in table.column_names]
    if missing:
        raise InputError(f"{file.name} has no columns {', '.join(missing)}.", remedy=f"Needed are {', '.join(needed)}.")
    return {c: table.column(c).to_numpy() for c in table.column_names}

"""Posteriors: draws with names, units and meanings, stored as netCDF."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.arviz_import import import_arviz
from gnomon.tools.kinds.tables import hash_array, plain, plain_array

if TYPE_CHECKING:
    from arviz import InferenceData

    from gnomon.tools.kinds import KindInfo

# Written by arviz on its own account; they say when and by what, not what.
_NOT_CONTENT = {
    "created_at",
    "creation_library",
    "creation_library_version",
    "creation_library_language",
    "arviz_version",
}


def suffix(value: InferenceData) -> str:
    """Always ``.nc``."""
    return ".nc"


def _without_stamps(value: InferenceData) -> InferenceData:
    clean = value.copy()
    for group in [None, *clean.groups()]:
        attrs = clean.attrs if group is None else clean[group].attrs
        for name in _NOT_CONTENT & set(attrs):
            del attrs[name]
    return clean


def write(value: InferenceData, path: Path) -> None:
    """Write all groups; creation times are left out."""
    _without_stamps(value).to_netcdf(str(path), engine="h5netcdf")


def read(path: Path) -> InferenceData:
    """Read what `write` wrote, into memory."""

    arviz = import_arviz()
    data: InferenceData = arviz.InferenceData.from_netcdf(str(path), engine="h5netcdf")
    for group in data.groups():
        data[group].load()
        data[group].close()  # the file must not stay open: another process may replace it
    return data


def digest(value: InferenceData) -> str:
    """SHA-256 over groups, variables, dimensions, attributes and values."""
    clean = _without_stamps(value)
    sha = hashlib.sha256()
    sha.update(json.dumps(plain(dict(clean.attrs), "attrs"), sort_keys=True).encode())
    for group in sorted(clean.groups()):
        data = clean[group]
        sha.update(json.dumps([group, plain(dict(data.attrs), group)], sort_keys=True).encode())
        for name in sorted(map(str, data.variables)):
            variable = data.variables[name]
            values = variable.values
            values = values.astype(str) if values.dtype.kind == "O" else values
            kind = "str" if values.dtype.kind in "US" else values.dtype.newbyteorder("<").str
            head = [name, kind, list(map(str, variable.dims)), list(variable.shape), plain(dict(variable.attrs), name)]
            sha.update(json.dumps(head, sort_keys=True).encode())
            hash_array(sha, values, name)
    return sha.hexdigest()


def parts(value: InferenceData) -> dict[str, Any]:
    """The content of a posterior as plain arrays and a plain header, for comparing.

    Parameters
    ----------
    value : arviz.InferenceData
        Of any groups.

    Returns
    -------
    dict
        ``form`` is ``posterior``.  ``header`` is plain JSON: ``meta``, the attributes of each group (of the whole under
        ``""``), and ``columns``, for each variable and coordinate, sorted by name, its ``name`` (``posterior/period``),
        ``type``, ``shape``, ``dims``, ``unit``, other ``attrs`` and ``draws``, true where it has the dimensions chain
        and draw. ``columns`` has an array for each name, in that unit, with NaN kept; ``masks`` is empty.

    Raises
    ------
    StoreError
        For values or attributes with no stable form.
    """
    clean = _without_stamps(value)
    meta = {"": plain(dict(clean.attrs), "attrs")}
    columns: dict[str, Any] = {}
    described: list[dict[str, Any]] = []
    for group in sorted(set(clean.groups())):  # arviz lists a group twice that was assigned anew
        data = clean[group]
        meta[group] = plain(dict(data.attrs), group)
        for name in sorted(map(str, data.variables)):
            variable = data.variables[name]
            label = f"{group}/{name}"
            values = variable.values
            columns[label] = plain_array(values.astype(str) if values.dtype.kind == "O" else values, label)
            attrs = plain(dict(variable.attrs), label)
            described.append(
                {
                    "name": label,
                    "type": "str" if columns[label].dtype.kind == "U" else columns[label].dtype.newbyteorder("<").str,
                    "shape": list(variable.shape),
                    "dims": [str(d) for d in variable.dims],
                    "unit": str(attrs.pop("unit", "")),
                    "attrs": attrs,
                    "draws": {"chain", "draw"} <= set(variable.dims),
                }
            )
    return {"form": "posterior", "header": {"meta": meta, "columns": described}, "columns": columns, "masks": {}}


def preview(value: InferenceData) -> str:
    """Numbers of draws and the variables."""
    posterior = value["posterior"]
    sizes = posterior.sizes
    names = [str(n) for n in posterior.data_vars]
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{sizes.get('chain', 1)} chains of {sizes.get('draw', 0)} draws: {', '.join(names[:8])}{more}"


def check(value: Any, kind: KindInfo) -> str | None:
    """Whether there is a posterior group with a meaning for every variable, and all draws are finite."""
    import numpy as np

    if type(value).__name__ != "InferenceData":
        return f"a {kind.name} must be an arviz.InferenceData, and this is a {type(value).__name__}"
    if "posterior" not in value.groups():
        return f"a {kind.name} must have a group called posterior"
    for name, variable in value["posterior"].data_vars.items():
        missing = [a for a in ("quantity", "unit", "report") if a not in variable.attrs]
        if missing:
            return f"variable {name!r} of the posterior lacks the attributes {', '.join(missing)}"
        if not np.isfinite(variable.values).all():
            return f"variable {name!r} of the posterior has draws that are not finite"
    return None

"""Catalogues on disk, held by reference: a table with a row for each file of theirs.

What a value says, and what it does not.  ``meta["identity"]`` is a SHA-256 over the catalogue's own descriptions (``hats.properties``, ``partition_info.csv``
and the like) and, for each file, its name, number of rows, size and the SHA-256 of its Parquet footer, which holds the schema, where
each column of each group of rows starts, how long it is when packed and, of most writers, its smallest and largest value.  Two
catalogues of the same identity thus have the same files, columns, numbers of rows and extremes, wherever they lie.  It
does not prove that every byte is the same: values that were changed in place without changing sizes, offsets or extremes are not
seen, save where the file has checksums of its pages (files made by ``gnomon catalogue make`` do), which are held against them when they are read.  A file whose size or footer is
another one when it is read, or that is gone, is refused.

The folder is where the files were when the value was made; the environment variable ``GNOMON_CATALOGUES`` may name a folder in which a
catalogue of the same folder name, and the same identity, is looked for where that one is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.kinds.tables import check as check_table
from gnomon.tools.kinds.tables import digest, parts, read, suffix, write

if TYPE_CHECKING:
    from astropy.table import Table

    from gnomon.tools.kinds import KindInfo

__all__ = ["check", "digest", "parts", "preview", "read", "suffix", "write"]

_TOLD = ("folder", "form", "identity", "position", "columns", "metadata")


def preview(value: Table) -> str:
    """Name, rows and files."""
    form = "HATS" if value.meta["form"] == "HATS" else "Parquet files"
    rows = int(value["rows"].sum()) if len(value) else 0
    return f"catalogue {value.meta.get('catalogue') or 'without a name'}: {rows} rows in {len(value)} files ({form})"


def check(value: Any, kind: KindInfo) -> str | None:
    """Whether it says which files there are, where, and what identifies them."""
    problem = check_table(value, kind)
    if problem is not None:
        return problem
    missing = [name for name in _TOLD if name not in value.meta]
    return f"a {kind.name} must say in its metadata its {', '.join(missing)}" if missing else None

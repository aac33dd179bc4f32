"""From sources of a catalogue to a table of what was measured of them, for models that know no positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gnomon.tools.errors import InputError
from gnomon.tools.reading.read_object_table import naming_column, with_names
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObjectTable, SourceTable


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.05,
    seconds_per_1000_rows=0.001,
    citations=("Ochsenbein et al. 2019, VOTable Format Definition Version 1.4, 2019ivoa.spec.1021O",),
    examples=(
        "Take the measured properties of these sources",
        "Use the columns of this catalogue as features, without its positions",
        "取出这些源的测量参数",
        "把这个星表的列当作特征，不用位置",
    ),
    summary_zh="取出星表中各源的测量参数，作为每行一个天体的参数表。",
    method="The measured properties of the sources were taken as they stand in the catalogue.",
    method_zh="星表中各源的测量参数按原样取出。",
)
def take_properties(sources: SourceTable, name_column: Annotated[str, "column"] | None = None) -> ObjectTable:
    """Take the columns of a catalogue as properties of objects, one a row.

    Parameters
    ----------
    sources : SourceTable
        Rows of a catalogue, with whatever columns it has.
    name_column : str, optional
        The column that says which object a row is of; chosen by name when not given, and rows are counted where there is none.

    Returns
    -------
    ObjectTable
        The same columns, masks and units, with ``name`` (text).  ``meta`` is that of the sources.

    Raises
    ------
    InputError
        Where there is no such column.
    """
    if name_column is not None and name_column not in sources.colnames:
        raise InputError(
            f"The sources have no column {name_column!r}.",
            remedy="Their columns are " + ", ".join(sources.colnames[:20]) + ".",
        )
    table = sources.copy()
    with_names(table, name_column or naming_column(table))
    return table

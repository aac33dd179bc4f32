"""What to ask for in place of more rows than anybody can use, written out for the query at hand."""

from __future__ import annotations

import math
import re

from gnomon.tools.archives.tables.adql_reader import ReadQuery, read_query
from gnomon.tools.archives.tables.table_sizes import SIZES, TableSize, size_of

# Most rows that one step can be asked for, see the tool `query`; beyond them more rows are no answer.
MOST_ROWS = 10_000_000
# Gaia's source_id is 2**35 times the HEALPix number of level 12, nested: Gaia DR3 documentation, sect. 20.1.1, gaia_source, source_id.
_LEVEL_12, _IN_LEVEL_12 = 12 * 4**12, 2**35


def better_ideas(adql: str, service: str, number: int | None, rows: int) -> str:
    """How to learn the same without so many rows.

    Parameters
    ----------
    adql : str
        The query; "" where there is none.
    service : str
        What it was meant for.
    number : int, optional
        How many rows it would give, as far as is known.
    rows : int
        How many may come.

    Returns
    -------
    str
        Sentences, the most likely idea first.
    """
    read = read_query(adql) if adql else None
    size = _size(read, service)
    wanted = number if number is not None else (size.rows if size else None)
    ideas = [_aggregate(read), _sample(read, size, wanted, rows)]
    ideas.append("join with a list of your own (upload a table and JOIN TAP_UPLOAD.uploaded)")
    ideas.append(_partition(read, size, wanted, rows))
    if size is not None and wanted is not None and wanted > MOST_ROWS:
        ideas.append("or keep the catalogue on disk (`gnomon catalogue make`)")
    text = "; ".join(i for i in ideas if i)
    return text[:1].upper() + text[1:] + "."


def _size(read: ReadQuery | None, service: str) -> TableSize | None:
    if read is None or not read.table:
        return None
    return size_of(read.table, service) or next((s for s in SIZES if read.table in s.names and s.random), None)


def _aggregate(read: ReadQuery | None) -> str:
    if read is None or not read.source or read.is_grouped:
        return "let the service count or average (COUNT, AVG … GROUP BY)"
    where = f" WHERE {read.condition}" if read.condition else ""
    query = f"SELECT COUNT(*) AS n FROM {read.source}{where}"
    if len(query) > 300:
        return "let the service count or average (SELECT COUNT(*), AVG(…) … GROUP BY)"
    return f"let the service count or average, `{query}`, with GROUP BY for a histogram"


def _sample(read: ReadQuery | None, size: TableSize | None, number: int | None, rows: int) -> str:
    if size is not None and size.random and number and number > rows:
        last = max(0, math.floor(size.rows * min(1.0, rows / number)) - 1)
        joined = "AND" if read is not None and read.has_where else "WHERE"
        alone = "" if joined == "WHERE" else "at the end, before ORDER BY, "
        return f"take a random sample of about {min(rows, number):,} rows ({alone}`{joined} {size.random} BETWEEN 0 AND {last}`)"
    if read is not None and read.top is None:
        return f"take a sample (TOP {rows} for any rows; MOD(id, 1000) = 0 for one in a thousand, with its own number for id; random_index in Gaia)"
    return "take a random sample (random_index in Gaia, MOD(id, 1000) = 0 elsewhere)"


def _partition(read: ReadQuery | None, size: TableSize | None, number: int | None, rows: int) -> str:
    if size is None or not size.healpix or not number or number <= rows or (read is not None and read.regions):
        return "ask part by part (by magnitude, or by region)"
    each = rows if number <= 1024 * rows else MOST_ROWS
    # Parts of equal area: those in the plane of the Milky Way hold up to eight times the mean, nine tenths of the sky less than three.
    parts = 2 ** math.ceil(math.log2(3 * number / each))
    width = math.ceil(_LEVEL_12 / parts) * _IN_LEVEL_12
    more = f", with rows={each}" if each > rows else ""
    return f"ask part by part, by HEALPix{more}: {parts} parts of equal area like `{size.healpix} BETWEEN 0 AND {width - 1}`, the next from {width}"


def is_adql(text: str) -> bool:
    """Whether what was asked is a query in ADQL, and not the parameters of another protocol."""
    return bool(re.match(r"\s*(select|with)\b", text, re.IGNORECASE))

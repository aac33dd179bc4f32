"""Text tables: delimited or blank-separated columns, with or without a header, read line by line and honestly.

Plain dictionaries go out rather than classes, so that a script can lift these functions as they stand.  A table is::

    {"names": [...],            column names, col1, col2 ... where the file has none
     "has_header": bool,        whether the names come from the file
     "columns": {name: array},  float64 where the cells are numbers (NaN for a missing one), else str
     "units": {name: text},     from a line of units under the header, or from names such as ``time [d]``
     "rows": int,               rows that are kept
     "lines": array of int,     line number in the file (from 1) of each row
     "unreadable": [(line, reason)],   lines left out because their number of fields is wrong
     "not_numbers": {name: [line, ...]},   cells of a column of numbers that are neither numbers nor missing
     "comments": [...], "delimiter": str, "encoding": str}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.file_bytes import decode_text, read_bytes, shown_name, unpacked_size

if TYPE_CHECKING:
    from pathlib import Path

# What tables of the archives put where there is no value: numpy, pandas, CDS, the AAS journals (\nodata) and SQL.
MISSING = ("", "nan", "+nan", "-nan", "null", "none", "n/a", "na", "--", "---", "...", "\\nodata", "nodata", "masked")
COMMENT_MARKS = ("#", "%", "!")
SAMPLE_LINES = 200  # lines that decide on delimiter and header; a header block longer than this is not a table's
# Python's csv reads no longer ones either.  An array of text takes the room of its longest cell for every row.
LONGEST_CELL = 131_072
SAMPLE_BYTES = 262_144  # read where only the form of a file is asked for


def as_number(cell: str) -> float | None:
    """Read one cell as a number; Fortran's ``1.5D+03`` counts.

    Parameters
    ----------
    cell : str
        Text of the cell.

    Returns
    -------
    float or None
        The number, NaN for a marker of a missing value, None where it is neither.
    """
    cell = cell.strip()
    if cell.lower() in MISSING:
        return float("nan")
    try:
        if "_" in cell:  # float("1_000") is a number to Python, but not in a table
            return None
        return float(cell)
    except ValueError:
        pass
    try:
        return float(cell.replace("D", "E").replace("d", "e"))
    except ValueError:
        return None


def split_line(line: str, delimiter: str) -> list[str]:
    """Split one line into cells.

    Parameters
    ----------
    line : str
        The line.
    delimiter : str
        One character, or a blank for any run of white space.

    Returns
    -------
    list of str
        The cells, stripped.

    Raises
    ------
    InputError
        Where a cell is longer than any that a table has.
    """
    import csv

    if delimiter == " ":
        cells = line.split()
    elif '"' not in line:
        cells = [cell.strip() for cell in line.split(delimiter)]
    else:
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
        except csv.Error:  # only of a cell that is too long
            cells = [line]
    if len(line) > LONGEST_CELL and any(len(cell) > LONGEST_CELL for cell in cells):
        raise InputError(
            f"A cell has more than {LONGEST_CELL} characters.", remedy="Take that line out, or close its quotes."
        )
    return cells


def _number_of_fields(line: str, delimiter: str) -> int:
    """How many cells a line has; 1 where it cannot be split by this delimiter."""
    try:
        return len(split_line(line, delimiter))
    except InputError:
        return 1


def find_delimiter(lines: list[str]) -> str:
    """Find what separates the columns: the character that gives most lines the same number of fields.

    Parameters
    ----------
    lines : list of str
        Lines of the table without comments.

    Returns
    -------
    str
        One of ``; TAB | ,`` or a blank for white space.
    """
    from collections import Counter

    for delimiter in (";", "\t", "|", ","):  # the comma last, since it may be a decimal comma between semicolons
        counts = Counter(_number_of_fields(line, delimiter) for line in lines)
        fields, times = counts.most_common(1)[0]
        if fields >= 2 and times >= 0.6 * len(lines):
            return delimiter
    return " "


def _is_header(cells: list[str]) -> bool:
    """Whether a line holds names: no cell is a number, and some cell has a letter."""
    values = [as_number(cell) for cell in cells]
    return all(v is None or v != v for v in values) and any(
        v is None and any(c.isalpha() for c in t) for v, t in zip(values, cells, strict=True)
    )


def _header(rows: list[list[str]], comments: list[str], delimiter: str) -> tuple[list[str] | None, list[str], int]:
    """Names, units and number of lines that the header takes off the rows."""
    width = len(rows[-1]) if len(rows) < 3 else sorted(len(r) for r in rows)[len(rows) // 2]
    if _is_header(rows[0]):
        taken, units = 1, []
        # A second line of units, and a ruler of dashes below it, are common in CDS and Exoplanet Archive tables.
        while taken < min(3, len(rows)) and all((v := as_number(c)) is None or v != v for c in rows[taken]):
            if len(rows) <= taken + 1 or not any(
                (v := as_number(c)) is not None and v == v
                for c in rows[taken + 1] + (rows[taken + 2] if len(rows) > taken + 2 else [])
            ):
                break
            if any(any(ch.isalpha() for ch in c) for c in rows[taken]):
                units = rows[taken]
            taken += 1
        return rows[0], units, taken
    for comment in reversed(comments[-3:]):
        for mark in (delimiter, ",", " "):
            if width < 2 or _number_of_fields(comment, mark) != width:
                continue
            if _is_header(cells := split_line(comment, mark)):
                return cells, [], 0
    return None, [], 0


def _clean_names(cells: list[str], width: int) -> tuple[list[str], dict[str, str]]:
    """Column names without quotes and units, each one once; units written in the names."""
    import re

    names: list[str] = []
    units: dict[str, str] = {}
    for i in range(width):
        cell = cells[i].strip().strip("\"'") if i < len(cells) else ""
        match = re.fullmatch(r"(.*?)\s*[\[(]([^\[\]()]*)[\])]", cell)
        name = (match[1] if match and match[1] else cell) or f"col{i + 1}"
        base, n = name, 2
        while name in names:
            name, n = f"{base}_{n}", n + 1
        if match and match[1]:
            units[name] = match[2].strip()
        names.append(name)
    return names, units


def _layout(text: str, name: str) -> dict[str, Any]:
    """Delimiter, names and first line of data, from the first lines of a file."""
    from itertools import islice

    comments: list[str] = []
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(islice(text.splitlines(), 20 * SAMPLE_LINES), start=1):
        bare = line.strip()
        if bare[:1] in COMMENT_MARKS and bare:
            if not lines:
                comments.append(bare.lstrip("".join(COMMENT_MARKS)).strip())
        elif bare:
            lines.append((number, line))
            if len(lines) >= SAMPLE_LINES:
                break
    if not lines:
        what = "is empty" if not text.strip() else "has only comments and no table"
        raise InputError(f"{name} {what}.", remedy="Attach a file with one row for each measurement.")
    # The header may be split differently from the data, so the data decide.
    delimiter = find_delimiter([line for _, line in lines[1:]] or [lines[0][1]])
    rows = []
    for number, line in lines:
        try:
            rows.append(split_line(line, delimiter))
        except InputError as error:
            raise InputError(
                f"Line {number} of {name} has a cell of more than {LONGEST_CELL} characters, as no table has.",
                remedy=error.remedy,
            ) from error
    header, unit_cells, taken = _header(rows, comments, delimiter)
    body = rows[taken:]
    if not body:
        raise InputError(f"{name} has a header and no rows.", remedy="Attach a file with one row for each measurement.")
    widths = [len(r) for r in body]
    width = max(set(widths), key=widths.count)
    if header is not None and len(header) == width + 1 and taken and rows[0][-1] == "":
        header = header[:-1]
    names, units = _clean_names(header or [], width)
    for column, unit in zip(names, unit_cells, strict=False):
        if any(c.isalpha() for c in unit):
            units.setdefault(column, unit)
    comma = delimiter == ";" and any("," in c and as_number(c.replace(",", ".")) is not None for r in body for c in r)
    return {
        "names": names,
        "has_header": header is not None,
        "units": units,
        "comments": comments,
        "delimiter": delimiter,
        "decimal_comma": comma,
        "first_line": lines[taken][0],
    }


def _fast_columns(lines: list[str], layout: dict[str, Any]) -> list[Any] | None:
    """Columns by numpy's own reader, which is strict: anything but numbers, or a ragged line, makes it give up."""
    import numpy as np

    if layout["decimal_comma"] or layout["delimiter"] == "|":
        return None
    delimiter = None if layout["delimiter"] == " " else layout["delimiter"]
    try:
        table = np.loadtxt(lines, delimiter=delimiter, comments=None, dtype=np.float64, ndmin=2)
    except ValueError:
        return None
    if table.shape != (len(lines), len(layout["names"])):
        return None
    return [np.ascontiguousarray(table[:, i]) for i in range(table.shape[1])]


def _slow_columns(lines: list[str], numbers: list[int], layout: dict[str, Any]) -> dict[str, Any]:
    """Columns cell by cell, noting every line and cell that cannot be read."""
    import numpy as np

    width = len(layout["names"])
    rows: list[list[str]] = []
    kept: list[int] = []
    unreadable: list[tuple[int, str]] = []
    for number, line in zip(numbers, lines, strict=True):
        try:
            cells = split_line(line, layout["delimiter"])
        except InputError:
            unreadable.append((number, f"a cell of more than {LONGEST_CELL} characters"))
            continue
        if len(cells) == width + 1 and cells[-1] == "":  # a delimiter at the end of the line
            cells = cells[:-1]
        if len(cells) != width:
            unreadable.append((number, f"{len(cells)} fields instead of {width}"))
            continue
        rows.append(cells)
        kept.append(number)
    columns: dict[str, Any] = {}
    not_numbers: dict[str, list[int]] = {}
    for name, cells_of in zip(layout["names"], zip(*rows, strict=True) if rows else [()] * width, strict=True):
        texts = [c.replace(",", ".") for c in cells_of] if layout["decimal_comma"] else cells_of
        values = [as_number(c) for c in texts]
        wrong = [kept[i] for i, v in enumerate(values) if v is None]
        present = sum(1 for v in values if v is None or v == v)
        # A column whose cells are mostly numbers is a column of numbers with some bad cells; the others are text.
        if len(wrong) * 2 < max(present, 1):
            columns[name] = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
            if wrong:
                not_numbers[name] = wrong
        else:
            columns[name] = np.array(cells_of, dtype=str)
    return {
        "columns": columns,
        "lines": np.array(kept, dtype=np.int64),
        "unreadable": unreadable,
        "not_numbers": not_numbers,
    }


def read_text_table(path: Path, sample_only: bool = False) -> dict[str, Any]:
    """Read a text table: comma, semicolon, tab, bar or blanks between columns, header or not, comments, missing values.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file; gzip is unpacked.
    sample_only : bool
        Read the first 256 kB only, which is enough to say what the file is; ``rows`` is then an estimate.

    Returns
    -------
    dict
        The table in the form that this module's docstring describes.

    Raises
    ------
    InputError
        Where the file is missing, a directory, binary, empty, or has no row.
    """
    import numpy as np

    name = shown_name(path)
    content = read_bytes(path, SAMPLE_BYTES if sample_only else -1)
    text, encoding = decode_text(content, name)
    if sample_only and len(content) == SAMPLE_BYTES:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text  # the last line may be cut
    layout = _layout(text, name)
    numbers: list[int] = []
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if number >= layout["first_line"] and line.strip() and line.lstrip()[0] not in COMMENT_MARKS:
            numbers.append(number)
            lines.append(line)
    fast = _fast_columns(lines, layout)
    if fast is not None:
        table: dict[str, Any] = {
            "columns": dict(zip(layout["names"], fast, strict=True)),
            "lines": np.array(numbers, dtype=np.int64),
            "unreadable": [],
            "not_numbers": {},
        }
    else:
        table = _slow_columns(lines, numbers, layout)
    table.update({k: layout[k] for k in ("names", "has_header", "units", "comments", "delimiter")}, encoding=encoding)
    table["rows"] = len(table["lines"])
    if not table["rows"]:
        raise InputError(
            f"{name} has no row that can be read.", remedy="Check that every line has the same number of fields."
        )
    if sample_only and len(content) == SAMPLE_BYTES:
        table["rows"] = int(table["rows"] * max(1.0, unpacked_size(path) / len(content)))
    return table


def pick_column(names: list[str], wanted: tuple[str, ...]) -> str | None:
    """Find a column by a list of names it may have, the first in the list first, whatever case and punctuation.

    Parameters
    ----------
    names : list of str
        Names of the columns.
    wanted : tuple of str
        Names to look for, in lower case, without blanks, dots, dashes and underscores.

    Returns
    -------
    str or None
        The name as the table has it.
    """
    import re

    plain = {re.sub(r"[\s_.\-]+", "", n).lower(): n for n in reversed(names)}
    return next((plain[w] for w in wanted if w in plain), None)

"""Text tables: headers, delimiters, missing values and unreadable lines."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.reading.recognise_light_curve import recognise_light_curve
from gnomon.tools.reading.text_tables import LONGEST_CELL, as_number, pick_column, read_text_table


def table(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "t.txt"
    path.write_bytes(text.encode(encoding))
    return read_text_table(path)


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("1 2\n3 4\n", ["col1", "col2"], 2),
        ("a,b\n1,2\n3,4\n", ["a", "b"], 2),
        ("a;b\n1,5;2,5\n2,5;0,9\n", ["a", "b"], 2),
        ("a\tb\n1\t2\n", ["a", "b"], 1),
        ("# a b c\n1 2 3\n4 5 6\n", ["a", "b", "c"], 2),
        ("BJD\tRV\nd\tm/s\n---\t---\n1\t2\n4\t5\n", ["BJD", "RV"], 2),
        ("a [d],b (ppt)\n1,5\n2,0\n", ["a", "b"], 2),
        ("a,b,\n1,2,\n3,4,\n", ["a", "b", "col3"], 2),
    ],
)
def test_layouts(tmp_path, text, names, rows):
    got = table(tmp_path, text)
    assert (got["names"], got["rows"]) == (names, rows)
    assert all(c.dtype.kind == "f" for c in got["columns"].values())


def test_units_from_names_and_lines(tmp_path):
    assert table(tmp_path, "a [d],b (ppt)\n1,5\n2,0\n")["units"] == {"a": "d", "b": "ppt"}
    assert table(tmp_path, "BJD RV\nd m/s\n1 2\n4 5\n")["units"] == {"BJD": "d", "RV": "m/s"}


def test_missing_values_and_bad_lines(tmp_path):
    got = table(tmp_path, "t v\n1 \\nodata\n2 --\n3 4\n4 x\n5\n6 7\n7 8\n8 9\n")
    assert np.isnan(got["columns"]["v"][:2]).all()
    assert got["not_numbers"] == {"v": [5]}
    assert got["unreadable"] == [(6, "1 fields instead of 2")]


def test_decimal_comma_and_fortran_exponents(tmp_path):
    assert table(tmp_path, "a;b\n1,5;2,5\n2,5;0,9\n")["columns"]["b"].tolist() == [2.5, 0.9]
    assert as_number("1.5D+03") == 1500.0
    assert as_number("1_000") is None
    assert np.isnan(as_number("null"))


def test_gzip_and_byte_order_marks(tmp_path):
    path = tmp_path / "t.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read_text_table(path)["rows"] == 1
    assert table(tmp_path, "\ufeffa,b\n1,2\n")["names"] == ["a", "b"]
    assert table(tmp_path, "a,b\n1,2\n", "utf-16")["names"] == ["a", "b"]


@pytest.mark.parametrize("text", ["", "\n\n", "# x\n", "a b\n"])
def test_nothing_to_read(tmp_path, text):
    with pytest.raises(InputError):
        table(tmp_path, text)


def test_pick_column_prefers_the_first_choice():
    assert pick_column(["SAP_FLUX", "PDCSAP_FLUX"], ("pdcsapflux", "sapflux")) == "PDCSAP_FLUX"
    assert pick_column(["a"], ("b",)) is None


LONG = "x" * (LONGEST_CELL + 1)


@pytest.mark.parametrize(
    "text", [f'time,flux,note\n1,2,"{LONG}"\n', f"time flux {LONG}\n", f'time,flux\n1,2\n"{LONG}\n', LONG, f'"{LONG}']
)
def test_a_cell_that_no_table_has_is_told(tmp_path, text):
    with pytest.raises(InputError, match=rf"^Line \d of t\.txt has a cell of more than {LONGEST_CELL} characters"):
        table(tmp_path, text)
    assert recognise_light_curve(tmp_path / "t.txt") is None


def test_a_long_line_of_short_cells_is_a_table(tmp_path):
    # Split by the wrong delimiter it is one long cell, which says only that this is not the delimiter.
    words = ",".join(f'"{"a" * 10_000}{i}"' for i in range(20))
    assert len(table(tmp_path, f"{words}\n{words}\n")["names"]) == 20


def test_a_line_with_a_long_cell_is_left_out(tmp_path):
    good = "".join(f'{i},{i},"n"\n' for i in range(300))
    got = table(tmp_path, f'time,flux,note\n{good}300,300,"{LONG}"\n301,301,"n"\n')
    assert got["unreadable"] == [(302, f"a cell of more than {LONGEST_CELL} characters")]
    assert got["rows"] == 301


def test_a_long_comment_is_no_header(tmp_path):
    assert table(tmp_path, f'# "{LONG}\n1 2\n3 4\n')["names"] == ["col1", "col2"]

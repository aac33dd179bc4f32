"""``gnomon export``: a result as a file, refused where it would overwrite or cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table


@pytest.fixture
def ran_once(gnomon: Callable[..., Any], toy: Path) -> None:
    said = gnomon("ask", "Tilt the toy, and measure it", "--data", toy, "--yes")
    assert said.code == 0, said.err


def test_export(ran_once: None, gnomon: Callable[..., Any], tmp_path: Path) -> None:
    made = gnomon("export", "last", "toy_tilt", "-o", "t.fits")
    assert made.code == 0 and made.out.strip() == "t.fits"
    read = Table.read(tmp_path / "t.fits", hdu=1)
    assert len(read) == 5 and str(read["time"].unit) == "d"
    told = gnomon("export", "last", "toy_tilt", "--as", "votable", "--json").json
    assert told == {"step": "toy_tilt", "files": ["toy_tilt.vot"], "rows": 5}
    assert gnomon("export").out.split()[0].endswith(".csv")
    for wrong, words in (
        (("last", "toy_tilt", "-o", "t.fits"), "is there already"),
        (("last", "nothing"), "It has results of: "),
        (("last", "toy_tilt", "-o", "t.docx"), "does not say what kind of file"),
    ):
        said = gnomon("export", *wrong)
        assert said.code == 2 and words in said.err, said.err
    (output,) = (tmp_path / "home" / "runs").glob("*/outputs/toy_tilt.ecsv")
    output.write_text("altered")
    said = gnomon("export", "last", "toy_tilt", "-o", "again.csv")
    assert said.code == 1 and "altered" in said.err and not (tmp_path / "again.csv").exists()

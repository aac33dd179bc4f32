"""Bad files, as a person meets them: one sentence, the right exit code, nothing half-written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Gnomon = Callable[..., Any]
LIGHT_CURVE = "Is there a transiting planet in this light curve?"
PEAKS = "List the peaks of the box search between 2 and 4 days as numbers, nothing decided about them."
VELOCITIES = "Which planets orbit this star?"


def curve(n: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.arange(n) * 0.02 + 1.0, 1.0 + 1e-3 * rng.standard_normal(n)


def write_curve(path: Path, time: np.ndarray, flux: np.ndarray, header: str = "time,flux") -> Path:
    np.savetxt(path, np.column_stack([time, flux]), delimiter=",", header=header, comments="", fmt="%.8f")
    return path


def empty(folder: Path) -> Path:
    (folder / "empty.csv").touch()
    return folder / "empty.csv"


def only_header(folder: Path) -> Path:
    (folder / "header.csv").write_text("time,flux\n")
    return folder / "header.csv"


def one_point(folder: Path) -> Path:
    (folder / "one.csv").write_text("time,flux\n1.0,1.0\n")
    return folder / "one.csv"


def nan_only(folder: Path) -> Path:
    time, flux = curve()
    return write_curve(folder / "nan.csv", time, flux * np.nan)


def directory(folder: Path) -> Path:
    (folder / "folder.fits").mkdir()
    return folder / "folder.fits"


def image(folder: Path) -> Path:
    from astropy.io import fits

    fits.PrimaryHDU(np.ones((20, 30), dtype="f4")).writeto(folder / "image.fits")
    return folder / "image.fits"


def truncated_fits(folder: Path) -> Path:
    from astropy.table import Table

    time, flux = curve(4000)
    Table({"TIME": time, "FLUX": flux}).write(folder / "whole.fits")
    (folder / "truncated.fits").write_bytes((folder / "whole.fits").read_bytes()[:9000])
    return folder / "truncated.fits"


def random_bytes(folder: Path) -> Path:
    (folder / "noise.dat").write_bytes(np.random.default_rng(1).bytes(5000))
    return folder / "noise.dat"


def wrong_unit(folder: Path) -> Path:
    from astropy.table import QTable
    from astropy.units import m

    time, flux = curve()
    QTable({"time": time * m, "flux": flux}).write(folder / "metres.ecsv")
    return folder / "metres.ecsv"


def constant_time(folder: Path) -> Path:
    time, flux = curve()
    return write_curve(folder / "still.csv", time * 0 + 5, flux)


# maker, exit code, words of the sentence
BROKEN = [
    (empty, 2, ["empty.csv", "empty"]),
    (only_header, 2, ["header.csv"]),
    (one_point, 4, ["light curve", "table of measured properties"]),
    (nan_only, 1, ["nan.csv"]),
    (directory, 2, ["folder.fits", "directory"]),
    (image, 2, ["image.fits", "image", "30 x 20"]),
    (truncated_fits, None, ["truncated.fits"]),
    (random_bytes, 2, ["noise.dat"]),
    (wrong_unit, 1, ["time", "not a unit of time"]),
    (constant_time, 1, ["still.csv"]),
]


@pytest.mark.parametrize(("make", "code", "words"), BROKEN, ids=[b[0].__name__ for b in BROKEN])
def test_broken_files(
    gnomon: Gnomon, tmp_path: Path, make: Callable[[Path], Path], code: int | None, words: list[str]
) -> None:
    said = gnomon("ask", LIGHT_CURVE, "--data", make(tmp_path), "--yes", "--json", PYTHONPATH="")
    assert said.code in ((1, 2) if code is None else (code,)), said
    document = json.loads(said.out)
    told = document["answer"] + " ".join(document["warnings"])
    for word in words:
        assert word in told
    assert document["results"] == []
    assert "Traceback" not in said.err
    home = tmp_path / "home"
    assert not list(home.rglob(".part-*"))
    if said.code == 2:
        assert not list((home / "runs").glob("*"))


def _answers(gnomon: Gnomon, path: Path, question: str = LIGHT_CURVE) -> dict[str, Any]:
    said = gnomon("ask", question, "--data", path, "--yes", "--json", PYTHONPATH="")
    assert said.code == 0, said
    document: dict[str, Any] = said.json
    return document


def with_transits(n: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    time, flux = curve(n, seed=3)
    inside = np.abs((time - 2.3 + 1.5) % 3.0 - 1.5) < 0.06
    flux[inside] -= 0.01
    return time, flux


@pytest.mark.slow
def test_unsorted_and_duplicate_times_and_gaps(gnomon: Gnomon, tmp_path: Path) -> None:
    time, flux = with_transits()
    keep = (time < 12) | (time > 17)
    time, flux = time[keep], flux[keep]
    order = np.random.default_rng(5).permutation(len(time))
    time, flux = np.concatenate([time[order], time[:30]]), np.concatenate([flux[order], flux[:30]])
    document = _answers(gnomon, write_curve(tmp_path / "mixed.csv", time, flux), PEAKS)
    period = next(r for r in document["results"] if r["quantity"] == "period")
    assert period["value"] == pytest.approx(3.0, abs=0.01)
    report = Path(document["report"]).read_text()
    assert "duplicate" in report


def test_name_that_is_not_utf_8(gnomon: Gnomon, tmp_path: Path) -> None:
    time, flux = with_transits()
    write_curve(tmp_path / "plain.csv", time, flux)
    name = os.fsdecode(os.fsencode(str(tmp_path)) + b"/caf\xe9 \xff.csv")
    (tmp_path / "plain.csv").rename(name)
    document = _answers(gnomon, Path(name), PEAKS)
    assert any(r["quantity"] == "period" for r in document["results"])
    (tmp_path / "gone").mkdir()
    missing = gnomon(
        "ask", LIGHT_CURVE, "--data", Path(os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xfe.csv")), "--yes"
    )
    assert missing.code == 2
    assert "no file" in missing.err


def test_pure_noise_gives_no_planet(gnomon: Gnomon, tmp_path: Path) -> None:
    time, flux = curve(2000)
    document = _answers(gnomon, write_curve(tmp_path / "noise.csv", time, flux))
    assert "No transit signal" in document["answer"]
    assert [(r["quantity"], r["value"]) for r in document["results"]] == [("number_of_signals", 0.0)]


def test_one_velocity(gnomon: Gnomon, tmp_path: Path) -> None:
    (tmp_path / "rv.txt").write_text("time mnvel errvel tel\n2450000.5 1.0 1.0 k\n")
    said = gnomon("ask", VELOCITIES, "--data", tmp_path / "rv.txt", "--yes", PYTHONPATH="")
    assert said.code in (1, 2)
    assert "Traceback" not in said.err


@pytest.mark.slow
def test_a_million_points(gnomon: Gnomon, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    time = np.arange(1_000_000) * (20 / 86400)
    flux = 1 + 1e-3 * rng.standard_normal(len(time))
    flux[np.abs((time - 2.3 + 2.5) % 5.0 - 2.5) < 0.06] -= 2e-3
    document = _answers(gnomon, write_curve(tmp_path / "million.csv", time, flux))
    period = next(r for r in document["results"] if r["quantity"] == "period")
    assert period["value"] == pytest.approx(5.0, abs=0.002)

"""The data of the test server: rows placed by hand, whose truth is known, among made-up ones.

Imported by tests for the truth; run by `dachs.sh` with the Python that DaCHS itself uses (which has numpy and astropy)
to write the files that the server loads::

    python3 dachs_rows.py FOLDER STARS

Everything comes from fixed seeds, so that two machines serve the same bytes.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any, NamedTuple

MANY = 30_500  # rows of votest.many, so that neither the default nor the hard limit lets it through
BEYOND_FLOATS = 2**62  # here a float64 steps by 1024, so that neighbouring identifiers become one
FAR = 4_000_000_000_000_000_000  # where the made-up stars' identifiers begin


class Star(NamedTuple):
    """A row of votest.stars.  Degrees, Julian years, mas, mas/yr, mag; `pmra` is times cos(dec)."""

    source_id: int
    ra: float
    dec: float
    ref_epoch: float | None = 2016.0
    parallax: float | None = 5.0
    parallax_error: float | None = 0.02
    pmra: float | None = 0.0
    pmdec: float | None = 0.0
    g_mag: float | None = 12.0
    bp_rp: float | None = 0.8
    flux: float | None = 1000.0
    name: str | None = None
    n_obs: int | None = 100


STARS = [
    # 5.83 arcsec a year: 93 arcsec between J2000 and its epoch
    Star(1, 10.0, 20.0, parallax=100.0, pmra=5000.0, pmdec=-3000.0, g_mag=9.0, bp_rp=1.5, name="fast mover"),
    # 0.72 arcsec apart, on either side of right ascension 0
    Star(2, 0.0001, 0.0, name="just past RA 0"),
    Star(3, 359.9999, 0.0, name="just before RA 360"),
    # 0.72 arcsec apart across the pole, though 180 degrees apart in right ascension
    Star(4, 123.0, 89.9999, name="at the north pole"),
    Star(5, 303.0, 89.9999, name="beyond the north pole"),
    Star(6, 200.0, -30.0, 2016.0, None, None, None, None, 20.0, None, None, "position only", None),
    Star(7, 150.0, 2.2, parallax=-0.5, parallax_error=0.4, pmra=0.1, pmdec=-0.2, g_mag=18.0, name="negative parallax"),
    Star(8, 83.63308, 22.01446, parallax=0.5, pmra=-14.7, pmdec=2.0, g_mag=16.5, name="O'Brien & <Söhne>"),
    Star(9, 266.0, -29.0, ref_epoch=1991.25, pmra=1000.0, pmdec=0.0, name="epoch 1991.25"),
    Star(12, 300.0, -60.0, ref_epoch=None, pmra=50.0, pmdec=50.0, name="epoch not given"),
    # two within 1 arcsec of each other: a match to the nearest hides one of them
    Star(10, 45.0, 45.0, g_mag=14.0, name="double, bright"),
    Star(11, 45.0, 45.0002, g_mag=15.0, name="double, faint"),
    # one float64 for the first four
    Star(BEYOND_FLOATS - 1, 60.0, -10.0, name="2^62 - 1"),
    Star(BEYOND_FLOATS + 1, 60.1, -10.0, name="2^62 + 1"),
    Star(BEYOND_FLOATS + 2, 60.2, -10.0, name="2^62 + 2"),
    Star(BEYOND_FLOATS + 3, 60.3, -10.0, name="2^62 + 3"),
    Star(2**63 - 1, 60.4, -10.0, name="the largest of 64 bits"),
]

# votest.old: positions at J2000, and no column that says so.  The first is the fast mover as it stood in 2000.
OLD = [
    ("mover", 10.0 - 16 * 5.0 / 3600 / 0.939692620786, 20.0 + 16 * 3.0 / 3600, 9.1, 1.4, "K2V"),
    ("pole", 123.0, 89.9999, 12.1, 0.7, "G0V"),
    ("nulls", 200.0, -30.0, None, None, None),
]

PLATES = 12  # images, one every 30 degrees from right ascension 0, every 10 degrees from declination -60
SPECTRA = 6  # spectra at right ascension 30, 60, ..., each with one line in emission
H_ALPHA = 656.279  # nm in air; Wiese & Fuhr 2009, doi:10.1063/1.3077727


def redshift(number: int) -> float:
    """Redshift of the line in a spectrum, 0 and up."""
    return 0.01 * number


def _cells(values: tuple[Any, ...]) -> list[Any]:
    return ["" if value is None else value for value in values]


def write_tables(folder: Path, stars: int) -> None:
    """Write the CSV files of the three tables; an empty cell is a null."""
    import numpy as np

    rng = np.random.default_rng(20260101)
    many = stars - len(STARS)
    ra = rng.uniform(0, 360, many)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, many)))
    parallax, error = rng.gamma(1.2, 2.0, many), rng.uniform(0.02, 0.5, many)
    pmra, pmdec = rng.normal(0, 12, (2, many))
    g = np.clip(rng.normal(17, 2, many), 4, 21.5)
    bp_rp = rng.normal(1.2, 0.5, many)
    no_colour, no_motion = rng.random(many) < 0.07, rng.random(many) < 0.03
    with (folder / "stars.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(Star._fields)
        writer.writerows(_cells(star) for star in STARS)
        for i in range(many):
            motion = [f"{x:.5f}" for x in (parallax[i], error[i], pmra[i], pmdec[i])] if not no_motion[i] else [""] * 4
            colour = "" if no_colour[i] else f"{bp_rp[i]:.4f}"
            flux = f"{10 ** (-0.4 * (g[i] - 25.7)):.3f}"
            seen = "" if i % 50 == 0 else i % 97
            writer.writerow(
                [FAR + i, f"{ra[i]:.9f}", f"{dec[i]:.9f}", 2016.0, *motion, f"{g[i]:.4f}", colour, flux, "", seen]
            )
    with (folder / "old.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "ra2000", "de2000", "vmag", "b_v", "spectral_type"])
        writer.writerows(_cells(row) for row in OLD)
    rng = np.random.default_rng(20260102)
    with (folder / "many.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["n", "x"])
        writer.writerows([n, f"{x:.6f}"] for n, x in enumerate(rng.random(MANY)))


def write_images(folder: Path) -> None:
    """Write the images, 128 x 128 float32 with a TAN projection."""
    import numpy as np
    from astropy.io import fits

    for k in range(PLATES):
        header = fits.Header()
        header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
        header["CRPIX1"] = header["CRPIX2"] = 64.5
        header["CRVAL1"], header["CRVAL2"] = 30.0 * k, -60.0 + 10 * k
        header["CDELT1"], header["CDELT2"] = -0.002, 0.002
        header["CUNIT1"] = header["CUNIT2"] = "deg"
        header["RADESYS"], header["EQUINOX"] = "ICRS", 2000.0
        header["DATE-OBS"] = f"2020-01-{k + 1:02d}T00:00:00"
        header["EXPTIME"], header["FILTER"], header["OBJECT"] = 30.0 + k, "BVR"[k % 3], f"FIELD{k:02d}"
        pixels = np.random.default_rng(k).normal(100, 5, (128, 128)).astype("f4")
        fits.PrimaryHDU(pixels, header).writeto(folder / f"plate{k:02d}.fits", overwrite=True)


def write_spectra(folder: Path) -> None:
    """Write the spectra: tables of 301 wavelengths and fluxes with H alpha at the redshift of each."""
    import numpy as np
    from astropy.io import fits

    wavelength = np.linspace(600.0, 750.0, 301)
    for k in range(SPECTRA):
        line = H_ALPHA * (1 + redshift(k))
        flux = 1 + 5 * np.exp(-0.5 * ((wavelength - line) / 1.5) ** 2)
        primary = fits.PrimaryHDU()
        primary.header["OBJECT"] = f"SOURCE{k:02d}"
        primary.header["RA"], primary.header["DEC"] = 30.0 * (k + 1), 10.0 * k
        primary.header["MJD-OBS"], primary.header["EXPTIME"] = 59000.0 + k, 600.0
        table = fits.BinTableHDU.from_columns(
            [
                fits.Column("wavelength", "D", unit="nm", array=wavelength),
                fits.Column("flux", "D", unit="mJy", array=flux),
            ]
        )
        fits.HDUList([primary, table]).writeto(folder / f"spectrum{k:02d}.fits", overwrite=True)


def main() -> None:
    """Write all files below a folder."""
    root = Path(sys.argv[1])
    for name in ("data", "images", "spectra"):
        (root / name).mkdir(parents=True, exist_ok=True)
    write_tables(root / "data", int(sys.argv[2]))
    write_images(root / "images")
    write_spectra(root / "spectra")


if __name__ == "__main__":
    main()

"""What a file is, by its content, in one phrase for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT, file_format, read_tables
from gnomon.tools.reading.file_bytes import read_bytes

if TYPE_CHECKING:
    from pathlib import Path

# First bytes of formats that people attach by mistake, from the formats' own specifications.
SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"CDF\x01", "a NetCDF file"),
    (b"PK\x03\x04", "a zip archive (or an office document or NumPy archive)"),
    (b"BZh", "a file packed with bzip2"),
    (b"\xfd7zXZ", "a file packed with xz"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"%!PS", "a PostScript document"),
)
_NAMES_SHOWN = 8
_DOCUMENT = 100_000  # bytes; a longer document that names no form is described as a text


def describe_file(path: Path) -> str:
    """Say in one phrase what a file is, by its content; never raises.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file, which may be missing, a directory, or anything else.

    Returns
    -------
    str
        Such as ``a FITS image of 1024 x 512 pixels`` or ``a text table with columns a, b, c (20 rows)``.
    """
    from pathlib import Path as _Path

    path = _Path(path)
    try:
        if path.is_dir():
            return "a directory"
        if not path.exists():
            return "not found"
        start = read_bytes(path, 4096)
    except (InputError, OSError, ValueError) as error:
        return f"a file that cannot be read ({error.__cause__ or type(error).__name__})"
    if not start:
        return "an empty file"
    for signature, phrase in SIGNATURES:
        if start.startswith(signature):
            return phrase
    return _describe_document(path) or _describe_table_or_text(path, start)


def _describe_document(path: Path) -> str:
    """Describe a mapping in YAML or JSON by its keys; nothing where the file is named otherwise or holds none."""
    if path.suffix.lower() not in (".yaml", ".yml", ".json"):
        return ""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(read_bytes(path, _DOCUMENT).decode("utf-8-sig"))  # JSON is YAML
    except (InputError, YAMLError, ValueError):
        return ""
    if not isinstance(document, dict):
        return ""
    form = document.get("form")
    said = f"of the form {form!r}" if form is not None else "without a line such as `form: gnomon observing events`"
    return f"a document {said} (its keys: {_some(sorted(map(str, document)))})"


def _describe_table_or_text(path: Path, start: bytes) -> str:
    """Describe a file that has content and none of the known signatures."""
    kind = file_format(path)
    try:
        if kind == "FITS":
            return _describe_fits(path)
        tables = read_tables(path, sample_only=True)
    except InputError:
        if kind != "text":
            return f"a damaged {kind} file"
        if b"\x00" in start:
            return "a binary file that is not FITS"
        return "an empty text file" if not start.strip() else "a text file without a table"
    except BROKEN_CONTENT:
        return f"a damaged {kind} file"
    table = tables[0]
    if kind == "text" and not any(v.dtype.kind == "f" for v in table["columns"].values()):
        return "a text file without numbers" if len(table["names"]) > 1 else "a text file without a table"
    names = (
        f"columns {_some(table['names'])}" if table["has_header"] else f"{len(table['names'])} columns without names"
    )
    word = "text" if kind == "text" else kind
    return f"a{'n' if word[0] in 'EI' else ''} {word} table with {names} ({table['rows']} rows)"


def _some(names: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _describe_fits(path: Path) -> str:
    """Describe a FITS file by its extensions, and whether all its bytes are there."""
    import warnings

    from astropy.io import fits
    from astropy.io.fits.verify import VerifyError

    tables: list[str] = []
    images: list[str] = []
    broken = False
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with fits.open(path, memmap=True, lazy_load_hdus=False) as hdus:
                for hdu in hdus:
                    if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not isinstance(hdu, fits.CompImageHDU):
                        tables.append(f"{_some(hdu.columns.names)} ({hdu.header.get('NAXIS2', 0)} rows)")
                    elif hdu.header.get("NAXIS", 0):
                        sizes = [str(hdu.header.get(f"NAXIS{i + 1}", 0)) for i in range(hdu.header["NAXIS"])]
                        images.append(" x ".join(sizes))
                # Extensions that the first header announces, or bytes behind the last readable one, are missing parts.
                announced = int(hdus[0].header.get("NEXTEND", 0) or 0)
                broken = announced > len(hdus) - 1
        except (*BROKEN_CONTENT, VerifyError):
            broken = True
        broken = broken or any("truncated" in str(w.message).lower() for w in caught)
    damage = "truncated or damaged " if broken else ""
    if tables:
        word = "a table" if len(tables) == 1 else f"{len(tables)} tables, the first"
        return f"a {damage}FITS file with {word} with columns {tables[0]}"
    if len(images) == 1:
        return f"a {damage}FITS image of {images[0]} pixels"
    if images:
        return f"a {damage}FITS file of {len(images)} images, the first of {images[0]} pixels"
    return f"a {damage}FITS file without data"

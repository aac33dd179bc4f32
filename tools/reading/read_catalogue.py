"""Opening a catalogue on disk that is too large to be loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.catalogues.inventory import Stated, card_in, hats_properties_in, inventory_of, read_text
from gnomon.tools.archives.catalogues.partitions import PROPERTIES, catalogue_folder
from gnomon.tools.errors import InputError
from gnomon.tools.reading.content import describe_file
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Catalogue, File


def recognise_catalogue(path: Path) -> dict[str, Any] | None:
    """Say whether a file is the card or the properties of a catalogue on disk, by its content.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence``, ``found`` and ``rows``; None where it is neither.
    """
    text = read_text(path)
    if (card := card_in(text)) is not None:
        rows = int(card.get("rows") or 0)
        name = str(card.get("name") or "")
        return {
            "confidence": 1.0,
            "found": f"the card of the catalogue {name} on disk, {rows} rows in {card.get('files')} files",
            "found_zh": f"磁盘星表 {name} 的卡片，{rows} 行，{card.get('files')} 个文件",
            "rows": rows,
        }
    if (told := hats_properties_in(text)) is not None:
        name, said = told.get("obs_collection", ""), told.get("hats_nrows", "")
        return {
            "confidence": 0.9,
            "found": f"the properties of the HATS catalogue {name}, {said or 'an unknown number of'} rows; they do not say in which folder it lies",
            "found_zh": f"HATS 星表 {name} 的属性文件，{said or '未知'} 行；它不说明星表在哪个文件夹",
            "rows": int(said) if said.isdigit() else 0,
        }
    return None


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=2.0,
    citations=(
        "Caplar et al. 2025, Using LSDB to enable large-scale catalog distribution, cross-matching, and analytics, doi:10.48550/arXiv.2501.02103",
        "Górski et al. 2005, HEALPix, doi:10.1086/427976",
    ),
    examples=(
        "Open the big catalogue on disk",
        "Open my HATS catalogue",
        "Use the local copy of Gaia in /data/gaia",
        "How many rows does the catalogue on my disk have?",
        "Which columns are in the HATS catalogue?",
        "Load the attached catalogue card",
        "What is in this folder of Parquet files?",
        "Open the LSDB catalogue; its positions are of epoch 2016.0",
        "Look at the hundred-million-row catalogue without loading it",
        "How many partitions does this catalogue have?",
        "Is the catalogue on disk complete?",
        "Open the catalogue made with gnomon catalogue make",
        "打开磁盘上的大星表",
        "打开我的 HATS 星表",
        "使用本地的 Gaia 星表",
        "磁盘上的这个星表有多少行？",
        "这个 HATS 星表有哪些列？",
        "载入附件里的星表卡片",
        "这个 Parquet 文件夹里有什么？",
        "打开 LSDB 星表，坐标历元为 2016.0",
        "不载入内存，看看这个一亿行的星表",
        "这个星表有多少个分区？",
        "磁盘上的星表完整吗？",
        "打开用 gnomon catalogue make 制作的星表",
    ),
    summary_zh="打开磁盘上的大星表（HATS 或 Parquet 文件夹），只登记文件，不载入内存。",
    method="The catalogue was taken from its files on disk, known by the digests of their footers; its rows were not loaded.",
    method_zh="星表按磁盘文件引用，由各文件脚注的摘要确认，未载入其行。",
    recognises=recognise_catalogue,
)
def read_catalogue(
    file: File,
    folder: Annotated[str, "folder"] | None = None,
    ra_column: Annotated[str, "column"] | None = None,
    dec_column: Annotated[str, "column"] | None = None,
    frame: Literal["ICRS", "FK5", "Galactic"] | None = None,
    epoch: Annotated[float, "yr", "[1800, 2200]"] | None = None,
    units: list[Annotated[str, "column unit"]] | None = None,
    name: str | None = None,
) -> Catalogue:
    """Open a catalogue on disk that is too large to be loaded: a HATS catalogue, or a folder of Parquet files.

    Parameters
    ----------
    file : File
        The card of the catalogue, which `gnomon catalogue card FOLDER` writes; or its ``hats.properties``, with `folder`.
    folder : str, optional
        Where the catalogue lies, for files that do not say.
    ra_column, dec_column : str, optional
        Names of the columns of positions, degrees, where the catalogue does not say or others are wanted.
    frame : {"ICRS", "FK5", "Galactic"}, optional
        Frame of the positions, where the catalogue does not say; HATS catalogues are in ICRS.
    epoch : float, optional
        Julian year of the positions, where the catalogue does not say; where nobody says, none is assumed.
    units : list of str, optional
        Units of columns for which the catalogue gives none, as ``pmra=mas/yr``; a proper motion without a unit is not used.
    name : str, optional
        What to call it, in place of what it calls itself.

    Returns
    -------
    Catalogue
        One row a file: ``file``, ``order`` and ``pixel`` of its HEALPix cell (masked where it has none), ``rows``, ``bytes``, ``footer_sha256``,
        and, as far as its footer says, the part of the sky [deg] and the fastest motion [mas/yr] in it.  ``meta`` has the folder, ``identity``, the
        columns with units and UCDs, and ``position`` as for a `SourceTable`.

    Raises
    ------
    InputError
        Where the catalogue is gone, has changed since its card was written, is no catalogue, or has no positions in degrees.
    """
    said = shown_name(file)
    text = read_text(file)
    card, told = card_in(text), hats_properties_in(text)
    if card is None and told is None:
        raise InputError(
            f"{said} is {describe_file(file)}, and neither the card nor the properties of a catalogue.",
            remedy="Write its card with `gnomon catalogue card FOLDER`, and attach that.",
        )
    where = Path(folder).expanduser() if folder is not None else Path(str(card["folder"])) if card else None
    if where is None:
        raise InputError(
            f"{said} does not say in which folder its catalogue lies.",
            remedy="Give folder, or attach the card that `gnomon catalogue card FOLDER` writes.",
        )
    if card is None:
        found, _told = catalogue_folder(where)
        if text not in [read_text(found / n) for n in PROPERTIES]:
            raise InputError(
                f"The catalogue in {found.name} has other properties than {said}.",
                remedy="Give the folder of that catalogue.",
            )
    stated = Stated(ra_column, dec_column, frame, epoch, tuple(units or ()), name)
    return inventory_of(where, stated, str(card["identity"]) if card else None)

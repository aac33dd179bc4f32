"""Light curves of TESS, Kepler and K2 at MAST: which there are of an object, and their files.

The interface: https://mast.stsci.edu/api/v0/; what its columns mean: https://mast.stsci.edu/api/v0/_c_a_o_mfields.html.  Observations are looked up in CAOM by the mission's own identifier where the object is known by it, else by place;
products are then asked for by observation.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.service_session import open_session, words_of
from gnomon.tools.archives.products.data_products import Place, identifier_in
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, ServiceError
from gnomon.tools.transport import inquire, pause

Mission = Literal["TESS", "Kepler", "K2"]
Cadence = Literal["standard", "fast"]
Author = Literal["mission", "TESS-SPOC", "QLP"]

MAST = "https://mast.stsci.edu"
SERVICE = "MAST"
# Positions in the input catalogues of all three missions are those of J2000: Stassun et al. 2019, doi:10.3847/1538-3881/ab3467;
# Brown et al. 2011, doi:10.1088/0004-6256/142/4/112; Huber et al. 2016, doi:10.3847/0067-0049/224/1/2.
EPOCH = (2000.0, 2000.0)
_PAGE = 2000
_MOST_PAGES = 20
_LOOKS, _LOOK = 60, 2.0  # at an answer that is not ready, and seconds between them
_LARGEST = 64 * 1024**2


@dataclass(frozen=True)
class _Archive:
    """How a mission names its targets and its files.

    Attributes
    ----------
    identifier : str
        Pattern of the name of a target, as people write it.
    target : str
        As CAOM writes it.
    files : dict of str to str
        Pattern of a file's name for each cadence, with groups for the part (``part``) and the target (``target``).
    part : str
        What a part of the observations is called.
    header : str
        Keyword of the identifier in a file.
    part_header : str
    """

    identifier: str
    target: str
    files: dict[str, str]
    part: str
    header: str
    part_header: str


ARCHIVES: dict[str, _Archive] = {
    # https://archive.stsci.edu/files/live/sites/mast/files/home/missions-and-data/active-missions/tess/_documents/EXP-TESS-ARC-ICD-TM-0014-Rev-F.pdf
    "TESS": _Archive(
        r"TIC (\d{1,11})", "{}",
        {"standard": r"tess\d+-s(?P<part>\d{4})-(?P<target>\d{16})-\d{4}-[a-z]_lc\.fits(\.gz)?",
         "fast": r"tess\d+-s(?P<part>\d{4})-(?P<target>\d{16})-\d{4}-[a-z]_fast-lc\.fits(\.gz)?"},
        "sector", "TICID", "SECTOR",
    ),
    # Kepler Archive Manual, KDMC-10008-006, section 2.3
    "Kepler": _Archive(
        r"(?:KIC|Kepler) (\d{6,9})", "kplr{:09d}",
        {"standard": r"kplr(?P<target>\d{9})-(?P<part>\d{13})_llc\.fits(\.gz)?", "fast": r"kplr(?P<target>\d{9})-(?P<part>\d{13})_slc\.fits(\.gz)?"},
        "quarter", "KEPLERID", "QUARTER",
    ),
    "K2": _Archive(
        r"(?:EPIC|K2) (\d{9})", "ktwo{:09d}",
        {"standard": r"ktwo(?P<target>\d{9})-c(?P<part>\d{2,3})_llc\.fits(\.gz)?", "fast": r"ktwo(?P<target>\d{9})-c(?P<part>\d{2,3})_slc\.fits(\.gz)?"},
        "campaign", "KEPLERID", "CAMPAIGN",
    ),
}  # fmt: skip


# Light curves of TESS that others made of its full-frame images, by the name of their provenance, and the names of their files:
# https://archive.stsci.edu/hlsp/tess-spoc (Caldwell et al. 2020) and https://archive.stsci.edu/hlsp/qlp (Huang et al. 2020).
OTHER_AUTHORS: dict[str, str] = {
    "TESS-SPOC": r"hlsp_tess-spoc_tess_phot_(?P<target>\d{16})-s(?P<part>\d{4})_tess_v\d+_lc\.fits(\.gz)?",
    "QLP": r"hlsp_qlp_tess_ffi_s(?P<part>\d{4})-(?P<target>\d{16})_tess_v\d+_llc\.fits(\.gz)?",
}


# Three campaigns of K2 were observed in two parts, whose files have numbers of their own (c91 and c92, and so on): https://archive.stsci.edu/missions-and-data/k2.
_HALVES = {91: 9, 92: 9, 101: 10, 102: 10, 111: 11, 112: 11}


def whole_part(mission: str, part: int) -> int:
    """The number by which people call a sector, quarter or campaign."""
    return _HALVES.get(part, part) if mission == "K2" else part


@dataclass(frozen=True)
class LightCurveFile:
    """A light curve that the archive has.

    Attributes
    ----------
    name : str
        Of the file.
    uri : str
    part : int or None
        Sector or campaign; None for Kepler, whose file names do not say the quarter.
    size : int
        Bytes; 0 where the archive does not say.
    """

    name: str
    uri: str
    part: int | None
    size: int

    @property
    def url(self) -> str:
        """Where it is fetched."""
        return f"{MAST}/api/v0.1/Download/file?uri={quote(self.uri, safe=':/')}"


def light_curve_files(
    place: Place, radius: float, mission: Mission, cadence: Cadence, author: Author = "mission"
) -> tuple[int, list[LightCurveFile], list[dict[str, Any]]]:
    """The light curves of one object that the archive has.

    Parameters
    ----------
    place : Place
        At epoch 2000.
    radius : float
        Arcseconds.
    mission, cadence : str
    author : {"mission", "TESS-SPOC", "QLP"}
        Who made them; others than the mission itself for TESS alone.

    Returns
    -------
    identifier : int
        In the mission's catalogue.
    files : list of LightCurveFile
        In order of time.
    records : list of dict
        Of the queries.

    Raises
    ------
    EmptyResult
        Where the archive has none.
    InputError
        Where several of the mission's targets are within the radius.
    ServiceError
        Where it could not be asked.
    """
    how = ARCHIVES[mission]
    known = identifier_in(place, how.identifier)
    others = author != "mission"
    called = f"{mission} ({author})" if others else mission
    filters = [
        {"paramName": "obs_collection", "values": ["HLSP" if others else mission]},
        {"paramName": "dataproduct_type", "values": ["timeseries"]},
    ]
    if others:
        filters.append({"paramName": "provenance_name", "values": [author]})
    if known is not None:
        # Those who contribute products write the number of a target in more than one way.
        names = [how.target.format(known), *([f"{known:016d}", f"TIC {known}"] if others else [])]
        filters.append({"paramName": "target_name", "values": names})
        service, params = "Mast.Caom.Filtered", {"columns": "*", "filters": filters}
        said = f"called {how.target.format(known)}"
    else:
        service = "Mast.Caom.Filtered.Position"
        params = {"columns": "*", "filters": filters, "position": f"{place.ra!r}, {place.dec!r}, {radius / 3600.0!r}"}
        said = f"within {radius:g} arcsec of {place.ra:.6f}, {place.dec:+.6f} deg"
    observations, record = _answer(service, params)
    records = [record]
    targets = _targets(observations, mission, author, place, radius if known is None else None)
    if not targets:
        more = "; look for those that were made of full-frame images, with author=TESS-SPOC or author=QLP" if mission == "TESS" and not others else ""  # fmt: skip
        raise EmptyResult(
            f"MAST has no light curve of {place.name} by {called} ({said}).",
            remedy=f"It was asked and it answered, so this is a result{more}.",
            zh=f"MAST 没有 {place.name} 的 {mission} 光变曲线。",
        )
    if known is None and len(targets) > 1:
        listed = ", ".join(how.target.format(t) for t in sorted(targets)[:6])
        raise InputError(
            f"{mission} observed {len(targets)} targets within {radius:g} arcsec of {place.name}: {listed}.",
            remedy="Name the one that is meant by its identifier (TIC, KIC or EPIC), or take a smaller radius.",
        )
    identifier = known if known is not None else next(iter(targets))
    if identifier not in targets:
        raise BrokenReply(f"MAST was asked for the target {how.target.format(identifier)} and answered with others.", remedy="Ask again later.")  # fmt: skip
    products, record = _answer("Mast.Caom.Products", {"obsid": ",".join(sorted(targets[identifier]))})
    records.append(record)
    files = _files(products, mission, OTHER_AUTHORS.get(author, how.files[cadence]), identifier)
    if not files:
        raise EmptyResult(
            f"MAST has no {cadence} light curve of {place.name} ({how.target.format(identifier)}) by {called}.",
            remedy=f"It was asked and it answered, so this is a result; try {'author=mission' if others else 'the other cadence'}.",
            zh=f"MAST 没有 {place.name} 的该种采样的 {mission} 光变曲线。",
        )
    return identifier, files, records


def _targets(
    observations: list[dict[str, Any]], mission: str, author: str, place: Place, radius: float | None
) -> dict[int, set[str]]:
    """For each target of the mission within the radius, if one is given, the observations of it."""
    wanted = {"obs_collection": mission, "dataproduct_type": "timeseries"}
    if author != "mission":
        wanted |= {"obs_collection": "HLSP", "provenance_name": author, "project": mission}
    from gnomon.tools.archives.positions.sky_matching import separations

    found: dict[int, set[str]] = {}
    for row in observations:
        name = str(_cell(row, "target_name") or "").strip().lower()
        number = re.fullmatch(r"(?:tic|kplr|ktwo|epic|kic)?\s*(\d+)", name)
        # Filters are the service's to apply; what it did not apply is left out here.
        if number is None or any(str(_cell(row, k)).strip().lower() != v.lower() for k, v in wanted.items()):
            continue
        # Observations are found by their outlines, which are circles of some arcseconds around the target.
        where = _cell(row, "s_ra"), _cell(row, "s_dec")
        if radius is not None and not float(separations(place.ra, place.dec, *(float("nan") if w is None else float(w) for w in where))) <= radius:  # fmt: skip
            continue
        found.setdefault(int(number[1]), set()).add(str(_cell(row, "obsid")))
    return found


def _files(products: list[dict[str, Any]], mission: Mission, pattern: str, identifier: int) -> list[LightCurveFile]:
    how = ARCHIVES[mission]
    found: dict[str, LightCurveFile] = {}
    for row in products:
        name = str(_cell(row, "productFilename") or "").strip()
        match = re.fullmatch(pattern, name, re.IGNORECASE)
        uri = _cell(row, "dataURI")
        if match is None or int(match["target"]) != identifier or not isinstance(uri, str):
            continue
        part = int(match["part"])
        found[name] = LightCurveFile(
            name, uri, None if how.part == "quarter" else whole_part(mission, part), int(row.get("size") or 0)
        )
    return [found[name] for name in sorted(found)]


def _cell(row: dict[str, Any], name: str) -> Any:
    if name not in row:
        raise BrokenReply(
            f"MAST answered with rows that have no column {name!r}.", remedy="Its interface may have changed; tell us."
        )
    return row[name]


def _answer(service: str, params: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """All rows of an answer, page by page, and the record of the query."""
    text = json.dumps({"service": service, "params": params}, sort_keys=True)
    url = f"{MAST}/api/v0/invoke"

    def ask() -> list[dict[str, Any]]:
        session = open_session(SERVICE, longest=_LARGEST)
        rows: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            said = _page(session, url, service, params, page)
            rows += said["data"]
            paging = said.get("paging") or {}
            total = paging.get("rowsFiltered", paging.get("rowsTotal"))
            if not isinstance(total, int):
                raise BrokenReply("MAST does not say how many rows there are.", remedy="Ask again later.")
            if len(rows) >= total:
                return rows
            if not said["data"]:
                break
        raise BrokenReply(
            f"MAST announced {total:,} rows and gave {len(rows):,}.", remedy="Ask again later, or within a smaller radius.", retryable=True
        )  # fmt: skip

    rows, asked = inquire({"service": SERVICE, "url": url, "text": text}, ask)
    return rows, record_of(SERVICE, url, text, asked, len(rows))


def _page(session: Any, url: str, service: str, params: dict[str, Any], page: int) -> dict[str, Any]:
    request = {"service": service, "params": params, "format": "json", "pagesize": _PAGE, "page": page, "removenullcolumns": False}  # fmt: skip
    for look in range(_LOOKS):
        reply = session.post(url, data={"request": json.dumps(request, sort_keys=True)})
        content: bytes = reply.content
        if reply.status_code >= 400:
            raise ServiceError(f"MAST refuses: {words_of(content[:65536]) or reply.status_code}.", remedy="Ask again later.", retryable=reply.status_code >= 500)  # fmt: skip
        try:
            said = json.loads(content)
            status = str(said["status"]).upper()
        except (ValueError, KeyError, TypeError) as error:
            raise BrokenReply("MAST answered with what is no answer of its interface.", remedy="Ask again later.", retryable=True) from error  # fmt: skip
        if status == "COMPLETE" and isinstance(said.get("data"), list):
            return dict(said)
        if status != "EXECUTING":
            words = " ".join(str(said.get("msg") or "it says no more").split())[:300].rstrip(".")
            raise ServiceError(f"MAST could not answer: {words}.", remedy="Ask again later.", retryable=True)
        if look < _LOOKS - 1:
            pause(_LOOK)
    raise ServiceError(f"MAST is still at work on the question after {_LOOKS * _LOOK:.0f} s.", remedy="Ask again later.", retryable=True)  # fmt: skip

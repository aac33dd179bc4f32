"""Tiles of telescopes' fields over a sky map: which pointings there are, when each is up, and which are worth taking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both, both_joined, text_in
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.observing.documents.requests import FORM, read_requests_document
from gnomon.tools.observing.documents.telescopes import Instrument, Telescope, Telescopes
from gnomon.tools.observing.sky_maps.cells import SQUARE_DEGREES, SkyCells, separations
from gnomon.tools.observing.sky_maps.cover import Coverage, cover
from gnomon.tools.observing.sky_maps.credible import best_position, credible_cells, middle
from gnomon.tools.observing.sky_maps.fields import Field, field_of
from gnomon.tools.observing.sky_maps.footprints import SkyPoints, cut_finely, footprints, with_surroundings
from gnomon.tools.observing.sky_maps.grids import make_grid
from gnomon.tools.observing.sky_maps.tile_slots import TILE, VISIT, tile_slots

if TYPE_CHECKING:
    from gnomon.tools.observing.visibility.tracks import SkyTracks

_MANY = 2000  # tiles of a telescope that are weighed against each other, those of most probability
_NEARLY_ALL, _LAPPED = (
    0.95,
    0.1,
)  # a level that gaps between round fields would keep from being reached, and the overlap that closes them
_FIELDS_MAX = 4000.0  # fields that a region may be large; a telescope with smaller ones should visit galaxies


@dataclass(frozen=True)
class Camera:
    """A telescope with the instrument that takes images with it, and its field."""

    telescope: Telescope
    instrument: Instrument
    field: Field


@dataclass(frozen=True)
class Tile:
    """A pointing that was chosen: for which telescopes, what is in its field, and what it adds to tiles before it."""

    ra: float
    dec: float
    field: Field
    telescopes: tuple[str, ...]
    instruments: tuple[str, ...]
    probability: float
    gain: float


@dataclass(frozen=True)
class Tiling:
    """Tiles, the one that adds most first.

    ``covered`` is the probability in any of them, ``level`` what was asked for, ``region`` the area in which they were sought [deg2], ``skipped`` names telescopes that were
    left out with the reason of each.
    """

    tiles: tuple[Tile, ...]
    covered: float
    level: float
    region: float
    skipped: tuple[str, ...]


def cameras_of(telescopes: Telescopes, bands: Sequence[str], region: float) -> tuple[list[Camera], list[str]]:
    """The telescopes that can take images of a region, each with its widest field.

    Parameters
    ----------
    telescopes : Telescopes
        What can observe.
    bands : sequence of str
        All of which the instrument must have; any will do where there are none.
    region : float
        Square degrees.

    Returns
    -------
    tuple
        Cameras in the order of the document, and sentences about telescopes that are left out.
    """
    cameras: list[Camera] = []
    skipped: list[str] = []
    for telescope in telescopes.telescopes.values():
        fitting = [i for i in telescope.instruments.values() if (m := i.mode("imaging")) and set(bands) <= set(m.bands)]
        known = [i for i in fitting if i.field is not None]
        if not known:
            why, why_zh = "the fields of its cameras are not known", "其相机的视场未知"
            if not fitting:
                why, why_zh = (
                    f"it takes no images{' in ' + ', '.join(bands) if bands else ''}",
                    f"它不拍{'、'.join(bands)}图像",
                )
            skipped.append(both(f"{telescope.name}: {why}.", f"{telescope.name_zh or telescope.name}：{why_zh}。"))
            continue
        fields = {i.key: field_of(i.field, f"{telescope.name}, {i.name}") for i in known}
        widest = max(known, key=lambda i: fields[i.key].width * fields[i.key].height)
        field = fields[widest.key]
        number = region / (field.width * field.height)
        if number > _FIELDS_MAX:
            skipped.append(
                both(
                    f"{telescope.name}: its field is {number:,.0f} times smaller than the region; rank galaxies for it.",
                    f"{telescope.name_zh or telescope.name}：视场比该区域小 {number:,.0f} 倍；请改为给星系排序。",
                )
            )
            continue
        cameras.append(Camera(telescope, widest, field))
    return cameras, skipped


def tiles_document(
    tiles: Sequence[Tile],
    span: dict[str, str],
    visit: dict[str, Any],
    defaults: dict[str, float] | None = None,
    name: str = "tile",
    priority: float = 1.0,
) -> dict[str, Any]:
    """Tiles as a requests document, one request each, whose priority is what the tile adds.

    Parameters
    ----------
    tiles : sequence of Tile
        In their order, which numbers them.
    span, visit, defaults
        As of `tile_map`.
    name : str
        Of the event, before the number of each tile.
    priority : float
        Of the whole map: a tile that adds a tenth of its probability has a tenth of it.

    Returns
    -------
    dict
    """
    requests = [
        {
            "key": TILE.format(number),
            "target": {"name": f"{name} {number}", "ra": tile.ra, "dec": tile.dec},
            "priority": max(priority * tile.gain, 1e-9),
            "visits": [
                {"key": VISIT, **visit, "telescopes": list(tile.telescopes), "instruments": list(tile.instruments)}
            ],
        }
        for number, tile in enumerate(tiles, start=1)
    ]
    limits = {"defaults": defaults} if defaults else {}
    return {"form": FORM, "version": 1, "span": span, **limits, "requests": requests}


def tile_map(
    cells: SkyCells,
    telescopes: Telescopes,
    span: dict[str, str],
    visit: dict[str, Any],
    *,
    defaults: dict[str, float] | None = None,
    level: float = 0.9,
    overlap: float = 0.0,
    tiles: int | None = None,
    pointings: Mapping[str, tuple[Any, Any]] | None = None,
    rounds: int = 500,
    seed: int = 0,
) -> Tiling:
    """Choose tiles for all telescopes together, each within what it can observe in the time.

    A region that one field holds is one tile, centred on it.  Else each telescope has a grid with a field on the best position; tiles that are never up, or for
    which the telescope has no time, are not taken.

    Parameters
    ----------
    cells : SkyCells
        Of a map.
    telescopes : Telescopes
        What can observe.
    span : dict
        ``start`` and ``end`` of a requests document.
    visit : dict
        The visit of every tile as a requests document has it, without telescopes and instruments.
    defaults : dict, optional
        Limits of a requests document.
    level : float
        Probability that is enough.
    overlap : float
        Part of a field by which neighbours overlap.
    tiles : int, optional
        At most so many for each telescope.
    pointings : mapping of str to (ra, dec), optional
        For telescopes by their keys, where they may point [deg] in place of a grid, such as the fields of a survey that has reference images there.
    rounds, seed : int
        Of the search.

    Returns
    -------
    Tiling

    Raises
    ------
    EmptyResult
        Where no telescope can observe any of it.
    InputError
        Where no telescope has a camera for it.
    """
    import numpy as np

    from gnomon.tools.observing.visibility.tracks import SkyTracks

    held = credible_cells(cells, level)
    region = float(cells.area[held].sum()) * SQUARE_DEGREES
    cameras, skipped = cameras_of(telescopes, visit.get("bands") or (), region)
    if not cameras:
        why = text_in("en", both_joined(skipped[:6]))
        raise InputError(
            f"No telescope can tile this sky map. {why}",
            remedy="Name telescopes with wider fields, a lower level, or rank galaxies.",
            zh=f"没有望远镜能铺盖这幅天图。{text_in('zh', both_joined(skipped[:6]))}请给出视场更大的望远镜、更低的概率水平，或改为给星系排序。",
        )
    single = None if pointings else _single(cells, cameras, level)
    if single is not None:
        # One visit at the best position; which of the telescopes makes it is the scheduler's to say.
        tracks = SkyTracks(telescopes, read_requests_document(tiles_document([single], span, visit, defaults)))
        if not tracks.reason(TILE.format(1), VISIT):
            return Tiling((single,), single.probability, level, region, tuple(skipped))
        # Telescopes with smaller fields may still see it.
    wider = level + 0.5 * (1.0 - level)
    points = cut_finely(cells, wider, min(c.field.side for c in cameras))
    anchor = best_position(cells)
    candidates, numbers = _candidates(points, cameras, level, overlap, anchor, pointings or {})
    tracks = SkyTracks(telescopes, read_requests_document(tiles_document(candidates, span, visit, defaults)))
    slots = [tile_slots(tracks, np.flatnonzero(numbers == k), camera) for k, camera in enumerate(cameras)]
    # Tiles are laid on the region, and what else of the map is in them counts too.
    places = [t.ra for t in candidates], [t.dec for t in candidates]
    points = with_surroundings(cells, wider, points, *places, max(c.field.reach for c in cameras))
    matrix = footprints(points, *places, [c.field for c in cameras], numbers)  # fmt: skip
    found = cover(
        matrix, points.probability, numbers, slots, most=tiles, enough=level, least=1e-6, rounds=rounds, seed=seed
    )
    if not len(found.tiles):
        if not len(candidates):
            raise EmptyResult("None of the pointings lies on the region.", remedy="Give other pointings, or none for a grid.")  # fmt: skip
        raise EmptyResult(f"No tile of the region can be observed in this time ({_why(tracks, numbers)}).", remedy="Give another night, other telescopes, or lower limits.")  # fmt: skip
    return Tiling(tuple(_chosen(found, candidates, cameras, numbers, matrix @ points.probability, pointings or {})), found.covered, level, region, tuple(skipped))  # fmt: skip


def _why(tracks: SkyTracks, numbers: Any) -> str:
    """Why the best tile of each telescope cannot be observed."""
    import numpy as np

    first = [int(np.flatnonzero(numbers == k)[0]) for k in np.unique(numbers)]
    return ", ".join(sorted({tracks.reason(TILE.format(row + 1), VISIT) or "no time" for row in first}))


def _single(cells: SkyCells, cameras: list[Camera], level: float) -> Tile | None:
    """One tile that holds the whole region, on the better one of its densest place and its middle; None where no field is so wide."""
    import numpy as np

    held = credible_cells(cells, level)
    weight = cells.probability[held]
    places = [best_position(cells), middle(cells.ra[held], cells.dec[held], weight)]
    place = np.stack([cells.ra[held], cells.dec[held]], axis=1)
    best: tuple[float, tuple[float, float], list[Camera]] | None = None
    for ra, dec in places:
        centre = np.broadcast_to([ra, dec], place.shape)
        inside = [(float(weight[c.field.holds(centre, place)].sum()), c) for c in cameras]
        able = [(p, c) for p, c in inside if p >= level * (1.0 - 1e-9)]
        if able and (best is None or len(able) > len(best[2]) or (len(able) == len(best[2]) and able[0][0] > best[0] + 1e-3)):  # fmt: skip
            best = able[0][0], (ra, dec), [c for _, c in able]
    if best is None:
        return None
    # What lies in the field beyond the region counts too.
    near = separations(best[1][0], best[1][1], cells.ra, cells.dec) <= min(c.field.reach for c in best[2])
    whole = np.stack([cells.ra[near], cells.dec[near]], axis=1)
    probability = min(float(cells.probability[near][c.field.holds(np.broadcast_to(best[1], whole.shape), whole)].sum()) for c in best[2])  # fmt: skip
    probability = min(max(probability, best[0]), 1.0)
    keys = tuple(c.telescope.key for c in best[2])
    field = min((c.field for c in best[2]), key=lambda f: f.side)
    return Tile(
        *best[1], field, keys, tuple(dict.fromkeys(c.instrument.key for c in best[2])), probability, probability
    )


def _candidates(points: SkyPoints, cameras: list[Camera], level: float, overlap: float, anchor: tuple[float, float], given: Mapping[str, tuple[Any, Any]]) -> tuple[list[Tile], Any]:  # fmt: skip
    """Tiles of all grids in which there is probability, and the number of the camera of each."""
    import numpy as np

    found: list[Tile] = []
    numbers: list[int] = []
    grids: dict[Any, tuple[Any, Any, Any]] = {}
    for k, camera in enumerate(cameras):
        name = camera.telescope.key if camera.telescope.key in given else camera.field
        if camera.telescope.key in given:
            ra, dec = (np.asarray(v, dtype=float) for v in given[camera.telescope.key])
            own = footprints(points, ra, dec, [camera.field]) @ points.probability
            best = np.argsort(-own, kind="stable")[:_MANY]
            best = best[own[best] > 0]
            grids[name] = ra[best] % 360.0, dec[best], own[best]
        elif name not in grids:
            lapped = max(overlap, _LAPPED) if camera.field.circle and level > _NEARLY_ALL else overlap
            ra, dec, which = make_grid(camera.field, lapped, anchor).tiles_at(points.ra, points.dec)
            own = np.bincount(which, weights=points.probability, minlength=len(ra))
            if not np.any((np.abs(dec - anchor[1]) < 1e-9) & (np.abs((ra - anchor[0] + 180) % 360 - 180) < 1e-9)):
                # Close to a pole rows cannot be centred on the anchor, and a field of its own is.
                ra, dec, own = np.append(ra, anchor[0]), np.append(dec, anchor[1]), np.append(own, own.max())
            best = np.argsort(-own, kind="stable")[:_MANY]
            grids[name] = ra[best], dec[best], own[best]
        for ra, dec, own in zip(*grids[name], strict=True):
            found.append(Tile(float(ra), float(dec), camera.field, (camera.telescope.key,), (camera.instrument.key,), float(own), float(own)))  # fmt: skip
            numbers.append(k)
    return found, np.array(numbers, dtype=np.int64)


def _chosen(
    found: Coverage, candidates: list[Tile], cameras: list[Camera], numbers: Any, inside: Any, given: Mapping[str, Any]
) -> list[Tile]:
    """The chosen tiles, allowed on every telescope of the same field that has the same grid."""
    tiles = []
    for row, gain in zip(found.tiles, found.gain, strict=True):
        camera = cameras[int(numbers[row])]
        field = camera.field
        alike = [c for c in cameras if c.field == field and c.telescope.key not in given]
        if camera.telescope.key in given:
            alike = [camera]
        tiles.append(
            Tile(
                candidates[row].ra,
                candidates[row].dec,
                field,
                tuple(c.telescope.key for c in alike),
                tuple(dict.fromkeys(c.instrument.key for c in alike)),
                min(float(inside[row]), 1.0),
                float(gain),
            )
        )
    return tiles

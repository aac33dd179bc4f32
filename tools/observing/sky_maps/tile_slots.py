"""When tiles can be observed: the night of a telescope cut into slots, and in which of them each tile is up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.durations import duration_of
from gnomon.tools.observing.documents.telescopes import Slew
from gnomon.tools.observing.sky_maps.matching import allowed_slots, slots_between
from gnomon.tools.observing.visibility.intervals import common

if TYPE_CHECKING:
    from gnomon.tools.observing.sky_maps.tiles import Camera
    from gnomon.tools.observing.visibility.tracks import SkyTracks

TILE, VISIT = "tile_{:04d}", "image"  # keys in requests documents
_STEPS = 1.5  # widths of the field that a telescope turns between tiles: neighbours are one, some are farther


def turning_time(slew: Slew, width: float) -> float:
    """Seconds that a telescope needs from tile to tile, about: which tile follows which is not known yet.

    Parameters
    ----------
    slew : Slew
        Of the telescope.
    width : float
        Of its field [deg].

    Returns
    -------
    float
    """
    return _STEPS * width / min(slew.rates) + slew.settle


def tile_slots(tracks: SkyTracks, rows: Any, camera: Camera) -> Any:
    """In which slots of its time a telescope can take which tiles.

    Parameters
    ----------
    tracks : SkyTracks
        Of all tiles.
    rows : numpy.ndarray of int, shape (tiles,)
        Those of this telescope.
    camera : Camera
        The telescope.

    Returns
    -------
    numpy.ndarray of bool, shape (tiles, slots)

    Raises
    ------
    InputError
        Where the instrument takes no images.
    """
    import numpy as np

    telescope, instrument = camera.telescope, camera.instrument
    mode = instrument.mode("imaging")
    if mode is None:
        raise InputError(f"{instrument.name} of {telescope.name} takes no images.", remedy="Name another instrument.")
    if not len(rows):
        return np.zeros((0, 0), dtype=bool)
    visit = tracks.requests.requests[TILE.format(int(rows[0]) + 1)].visits[0]
    sun = telescope.limits.sun_altitude_max if visit.sun_altitude_max is None else visit.sun_altitude_max
    dark = common(tracks.night(telescope.site, sun), tracks.open_times(telescope.key))
    busy = duration_of(visit, instrument, mode)
    slots = slots_between(dark, busy + turning_time(telescope.slew, camera.field.side))
    # Turning to the next tile needs no sky.
    slots = np.stack([slots[:, 0], slots[:, 0] + busy], axis=1)
    windows = [tracks.windows(TILE.format(int(r) + 1), VISIT, telescope.key, instrument.key) for r in rows]
    return allowed_slots(windows, slots)

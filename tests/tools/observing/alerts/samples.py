"""Packets for tests, one of each form, with made-up values."""

from __future__ import annotations

import io
import json
from typing import Any

FERMI: dict[str, Any] = {
    "mission": "Fermi",
    "instrument": "GBM",
    "messenger": "EM",
    "id": ["745121685", "bn240812094"],
    "record_number": 4,
    "alert_datetime": "2026-11-22T12:15:13",
    "alert_tense": "current",
    "alert_type": "update",
    "trigger_time": "2026-11-22T12:14:40.43",
    "ra": 235.883,
    "dec": 68.683,
    "ra_dec_error": 7.15,
    "containment_probability": 0.68,
    "classification": {"GRB": 0.85, "GENERIC_SGR": 0.14},
    "rate_snr": 14.8,
    "trigger_type": "rate",
    "in_lat_fov": True,
}
LVK: dict[str, Any] = {
    "alert_type": "PRELIMINARY",
    "time_created": "2026-11-22T12:20:00Z",
    "superevent_id": "S261122ab",
    "urls": {"gracedb": "https://example.org/superevents/S261122ab/view/"},
    "event": {
        "time": "2026-11-22T12:19:30.5Z",
        "far": 1e-9,
        "significant": True,
        "instruments": ["H1", "L1"],
        "group": "CBC",
        "pipeline": "gstlal",
        "search": "AllSky",
        "properties": {"HasNS": 0.95},
        "classification": {"BNS": 0.95, "BBH": 0.05},
        "duration": None,
        "skymap": None,
    },
    "external_coinc": None,
}
ZTF: dict[str, Any] = {
    "objectId": "ZTF26abcdefg",
    "candid": 3000000000015,
    "schemavsn": "4.02",
    "candidate": {"jd": 2461367.25, "fid": 2, "ra": 10.5, "dec": -20.25, "magpsf": 17.5, "drb": 0.99, "isdiffpos": "t"},
}
VOEVENT = """<?xml version="1.0" encoding="UTF-8"?>
<voe:VOEvent xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" version="2.0" role="{role}" ivorn="{ivorn}">
 <Who><Date>{date}</Date></Who>
 <What>{params}</What>
 <WhereWhen><ObsDataLocation><ObservationLocation><AstroCoordSystem id="UTC-FK5-GEO"/>
  <AstroCoords coord_system_id="UTC-FK5-GEO"><Time unit="s"><TimeInstant><ISOTime>2026-11-22T12:14:40.43</ISOTime></TimeInstant></Time>
  <Position2D unit="{unit}"><Name1>RA</Name1><Name2>Dec</Name2><Value2><C1>{ra}</C1><C2>{dec}</C2></Value2><Error2Radius>{error}</Error2Radius></Position2D>
  </AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen>
 {rest}
</voe:VOEvent>
"""


def packet(told: dict[str, Any], **changed: Any) -> bytes:
    """A packet with some values changed; None takes a value out."""
    return json.dumps({k: v for k, v in {**told, **changed}.items() if v is not None}).encode()


def voevent(
    *,
    ivorn: str = "ivo://nasa.gsfc.gcn/Fermi#GBM_Gnd_Pos_2026-11-22T12:14:40.43_745121685_57-912",
    role: str = "observation",
    date: str = "2026-11-22T12:16:00",
    params: dict[str, Any] | None = None,
    groups: str = "",
    place: tuple[float, float, float] = (123.5, -45.25, 3.5),
    unit: str = "deg",
    rest: str = "",
) -> bytes:
    """A VOEvent."""
    held = params if params is not None else {"TrigID": 745121685, "Pkt_Ser_Num": 173, "Data_Signif": 24.6}
    told = "".join(f'<Param name="{k}" value="{v}"/>' for k, v in held.items()) + groups
    ra, dec, error = place
    return VOEVENT.format(ivorn=ivorn, role=role, date=date, params=told, ra=ra, dec=dec, error=error, unit=unit, rest=rest).encode()  # fmt: skip


def disc_map(cells: int = 16, order: int = 6, distance: float | None = 143.0) -> bytes:
    """A multi-order map: so many equal cells of an order hold all of the probability, cells of order 0 none."""
    import numpy as np
    from astropy.io import fits

    fine = np.arange(cells, dtype=np.int64)
    rest = np.arange(1, 12, dtype=np.int64)
    uniq = np.concatenate([4 + rest, 4 * 4**order + fine])
    density = np.concatenate([np.zeros(11), np.full(cells, 1.0 / (cells * 4 * np.pi / (12 * 4**order)))])
    rows = fits.BinTableHDU.from_columns([fits.Column("UNIQ", "K", array=uniq), fits.Column("PROBDENSITY", "D", array=density)])  # fmt: skip
    if distance is not None:
        rows.header["DISTMEAN"], rows.header["DISTSTD"] = distance, 30.0
    held = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), rows]).writeto(held)
    return held.getvalue()

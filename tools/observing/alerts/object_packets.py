"""What brokers of surveys and the Transient Name Server send: one object or one detection of it a packet.

References
----------
Fields are those of ZTF's alerts (github.com/ZwickyTransientFacility/ztf-avro-alert, schema 4.02; Bellm et al. 2019, doi:10.1088/1538-3873/aaecbe), of
LSST's (github.com/lsst/alert_packet, schema 9), of ALeRCE's, Fink's and Lasair's answers and streams, and of the Transient Name Server's
tables and replies (www.wis-tns.org).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.alert import Alert
from gnomon.tools.observing.alerts.packet_values import MJD_ZERO, Values, as_number, plain_text

_ZTF_BANDS = {1: "g", 2: "r", 3: "i"}
_ZTF_SCORES = ("drb", "rb")
_FINK_SCORES = ("snn_snia_vs_nonia", "snn_sn_vs_all", "rf_snia_vs_nonia", "rf_kn_vs_nonkn", "mulens", "anomaly_score")
_NEGATIVE = ("0", "f", "false")


def read_object_packet(told: Mapping[str, Any], digest: str) -> list[Alert] | None:
    """The alert of one packet of a broker or of the Transient Name Server; None where it is of no such form.

    Parameters
    ----------
    told : mapping
    digest : str
        Of the packet.

    Raises
    ------
    InputError
        Where it names no object, or has a time or position that is none.
    """
    if isinstance(told.get("candidate"), Mapping) and "objectId" in told:
        return [_ztf(told, digest)]
    if isinstance(told.get("diaSource"), Mapping):
        return [_lsst(told, digest)]
    if "i:objectId" in told:
        return [_fink_row(told, digest)]
    if "oid" in told:
        return [_alerce(told, digest)]
    if "objname" in told or ("name" in told and {"name_prefix", "discoverydate", "objid"} & set(told)):
        return [_tns(told, digest)]
    if "objectId" in told:
        return [_lasair(told, digest)]
    return None


def _ztf(told: Mapping[str, Any], digest: str) -> Alert:
    """A detection as ZTF sends it; Fink's stream adds classes and scores beside it."""
    values = Values(told, "The ZTF alert")
    seen = values.inside("candidate")
    name = _name(values, "objectId")
    ra, dec = seen.position()
    fink = values.text("finkclass") or values.text("cdsxmatch")
    scores = _scores(seen, _ZTF_SCORES) | _scores(values, _FINK_SCORES)
    return Alert(
        identifier=f"ztf:{values.text('candid') or name}",
        event=f"ztf:{name}",
        source="ztf",
        form="fink" if fink or any(k in told for k in _FINK_SCORES) else "ztf",
        digest=digest,
        names=(name,),
        messenger="EM",
        time_event=_julian(seen, "jd"),
        ra=ra,
        dec=dec,
        properties=scores,
        object_class=fink,
        magnitude=seen.number("magpsf", 0, 40),
        band=_ZTF_BANDS.get(seen.whole("fid") or 0, ""),
        flags=("negative",) if seen.text("isdiffpos").lower() in _NEGATIVE else (),
        notes=tuple(values.notes),
    )


def _lsst(told: Mapping[str, Any], digest: str) -> Alert:
    from erfa import taiutc

    values = Values(told, "The LSST alert")
    seen, known = values.inside("diaSource"), values.inside("diaObject")
    name = known.text("diaObjectId") or seen.text("diaObjectId") or seen.text("ssObjectId")
    if not name or name == "0":
        raise InputError("The LSST alert names no object.", remedy="Ask its sender.")
    tai = seen.number("midpointMjdTai", 0, 1e6)
    ra, dec = seen.position()
    flux = seen.number("psfFlux")
    return Alert(
        identifier=f"lsst:{values.text('diaSourceId') or values.text('alertId') or seen.text('diaSourceId') or name}",
        event=f"lsst:{name}",
        source="lsst",
        form="lsst",
        digest=digest,
        names=(name,),
        messenger="EM",
        time_event=None if tai is None else sum(map(float, taiutc(MJD_ZERO, tai))) - MJD_ZERO,
        ra=ra,
        dec=dec,
        properties=_scores(seen, ("reliability",)),
        snr=seen.number("snr"),
        band=seen.text("band"),
        flux=flux,
        flux_unit="nJy" if flux is not None else "",
        flags=() if flux is None or flux >= 0 else ("negative",),
        notes=tuple(values.notes),
    )


def _fink_row(told: Mapping[str, Any], digest: str) -> Alert:
    """A row of Fink's tables, whose names say where a value is from: ``i:`` ZTF, ``d:`` Fink, ``v:`` worked out."""
    values = Values({k.partition(":")[2]: v for k, v in told.items()}, "The row of Fink")
    name = _name(values, "objectId")
    ra, dec = values.position()
    return Alert(
        identifier=f"ztf:{values.text('candid') or name}",
        event=f"ztf:{name}",
        source="ztf",
        form="fink",
        digest=digest,
        names=(name,),
        messenger="EM",
        time_event=_julian(values, "jd"),
        ra=ra,
        dec=dec,
        properties=_scores(values, _ZTF_SCORES + _FINK_SCORES),
        object_class=values.text("classification"),
        magnitude=values.number("magpsf", 0, 40),
        band=_ZTF_BANDS.get(values.whole("fid") or 0, ""),
        notes=tuple(values.notes),
    )


def _alerce(told: Mapping[str, Any], digest: str) -> Alert:
    values = Values(told, "The object of ALeRCE")
    name = _name(values, "oid")
    ra, dec = values.position("meanra", "meandec")
    kind, probability = values.text("class"), values.number("probability", 0, 1)
    last = values.number("lastmjd", 0, 1e6)
    return Alert(
        identifier=f"ztf:{name}@{last:.5f}" if last is not None else f"ztf:{name}#{digest[:12]}",
        event=f"ztf:{name}",
        source="ztf",
        form="alerce",
        digest=digest,
        names=(name,),
        instrument=values.text("classifier"),
        messenger="EM",
        time_event=last,
        ra=ra,
        dec=dec,
        classification={kind: probability} if kind and probability is not None else {},
        object_class=kind if probability is None else "",
        notes=tuple(values.notes),
    )


def _lasair(told: Mapping[str, Any], digest: str) -> Alert:
    """What a filter of Lasair sends: an object, and whatever columns were asked for."""
    values = Values(told, "The object of Lasair")
    name = _name(values, "objectId")
    survey = "ztf" if name.startswith("ZTF") else "lsst"
    ra, dec = values.position("ramean", "decmean") if "ramean" in told else values.position()
    bands = [(b, m) for b in ("r", "g") if (m := values.number(f"{b}mag", 0, 40)) is not None]
    return Alert(
        identifier=f"{survey}:{name}#{values.text('UTC') or digest[:12]}",
        event=f"{survey}:{name}",
        source=survey,
        form="lasair",
        digest=digest,
        names=(name,),
        messenger="EM",
        time_event=_julian(values, "jdmax"),
        time_notice=values.time("UTC"),
        ra=ra,
        dec=dec,
        object_class=values.text("classification"),
        magnitude=bands[0][1] if bands else None,
        band=bands[0][0] if bands else "",
        notes=tuple(values.notes),
    )


def _tns(told: Mapping[str, Any], digest: str) -> Alert:
    """An object of the Transient Name Server: a reply of its interface, or a row of its table."""
    values = Values(told, "The object of TNS")
    name = values.text("objname") or _name(values, "name")
    ra, dec = values.position("radeg", "decdeg") if "radeg" in told else values.position("ra", "declination")
    written = values.time("lastmodified", "time_received", "creationdate")
    kind = _inner(told.get("object_type")) or values.text("type")
    magnitude = values.number("discoverymag", 0, 40)
    others = tuple(t.strip() for t in values.text("internal_names").split(",") if t.strip())
    prefix = values.text("name_prefix")
    return Alert(
        identifier=f"tns:{name}#{written:.5f}" if written is not None else f"tns:{name}#{digest[:12]}",
        event=f"tns:{name}",
        source="tns",
        form="tns",
        digest=digest,
        names=(*((f"{prefix} {name}",) if prefix else ()), name, *others),
        instrument=_inner(told.get("reporting_group")),
        messenger="EM",
        time_event=values.time("discoverydate"),
        time_notice=written,
        ra=ra,
        dec=dec,
        object_class=kind,
        redshift=values.number("redshift", -0.01, 50),
        magnitude=magnitude,
        band=_band(told) if magnitude is not None else "",
        text=values.free_text("remarks"),
        notes=tuple(values.notes),
    )


def _name(values: Values, key: str) -> str:
    name = values.text(key)
    if not name:
        raise InputError(f"{values.where} has no {key}.", remedy="Ask its sender.")
    return name


def _julian(values: Values, key: str) -> float | None:
    found = values.number(key, MJD_ZERO, MJD_ZERO + 1e6)
    return None if found is None else found - MJD_ZERO


def _scores(values: Values, keys: tuple[str, ...]) -> dict[str, float]:
    return {k: v for k in keys if (v := values.number(k, 0, 1)) is not None}


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return plain_text(value.get("name") or value.get("group_name"))
    return plain_text(value)


def _band(told: Mapping[str, Any]) -> str:
    """The filter of the discovery; the table has its number beside its name."""
    named = plain_text(told.get("filter")) or _inner(told.get("discmagfilter"))
    return "" if as_number(named) is not None else named

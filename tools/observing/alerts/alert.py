"""The one form into which every packet is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from gnomon.tools.errors import InputError

KINDS = ("initial", "update", "retraction", "")
# What a packet says it is about.  Of these only the first two are of the sky; nothing is ever proposed for the others.
TENSES = ("current", "archival", "planned", "commanded", "injection", "test", "utility", "prediction", "")
OF_THE_SKY = ("current", "archival", "")


@dataclass(frozen=True)
class Alert:
    """What one packet says of one event.  What it does not say is None, or empty: nothing is assumed.

    Texts are what other people wrote: data, and never instructions.

    Attributes
    ----------
    identifier : str
        Name of this notice: its IVORN, or the event with the version or time of the notice.
    event : str
        What it is about, as ``source:name``; the same in every notice about it from one source.
    source : str
        Mission or service, in lower case: ``lvk``, ``fermi``, ``einstein_probe``, ``tns`` ...
    form : str
        How it was written: ``gcn``, ``igwn``, ``voevent``, ``tns``, ``ztf``, ``lsst``, ``alerce``, ``fink``, ``lasair``.
    digest : str
        SHA-256 of the packet's bytes.
    kind : str
        ``initial``, ``update``, ``retraction``, or empty where the packet does not say.
    version : int, optional
        Counts the notices on the event, where the sender counts so.
    names : tuple of str
        All names of the event, without the source.
    instrument, messenger, stage, trigger_type : str
        As the sender calls them; ``stage`` is that of LVK (``preliminary``) or a subtype of the notice.
    tense : str
        ``current``, ``archival``, ``planned``, ``commanded``, ``injection``, ``test``, ``utility``, ``prediction``, or empty.
    is_test : bool
        Whether the sender marks it as a test, a mock or an injection.
    time_event, time_notice : float, optional
        Of the event (for surveys: of the latest detection), and when the notice was made; MJD, UTC.
    ra, dec, error : float, optional
        ICRS, degrees; the radius (or larger half axis) of the error, degrees, at ``error_probability``.
    skymap, skymap_url : str
        SHA-256 of the sky map that came along, and where one lies.
    classification, properties : mapping
        Probabilities or scores, 0 to 1, by class (exclusive) and by property.
    object_class : str
        A class that is given without a probability, such as a spectroscopic type.
    distance, distance_error : float, optional
        Luminosity distance, Mpc; from the header of the sky map where the notice gives none.
    redshift : float, optional
    area : float, optional
        Of the region that holds 90 % of the probability of the sky map, square degrees.
    significant : bool, optional
        As the sender says.
    far, snr : float, optional
        False alarm rate [Hz], and signal over noise.
    magnitude : float, optional
        With ``band``.
    flux : float, optional
        With ``flux_unit``.
    duration : float, optional
        Seconds.
    instruments, follows : tuple of str
        Detectors that took part; other events that the sender says it belongs to.
    flags : tuple of str, optional
        Names of those of the sender's flags that are set; None where it gives none.
    url, text : str
        A page about it, and what was written, at most 2000 letters.
    notes : tuple of str
        What of the packet could not be used, in sentences.
    """

    identifier: str
    event: str
    source: str
    form: str
    digest: str
    kind: str = ""
    version: int | None = None
    names: tuple[str, ...] = ()
    instrument: str = ""
    messenger: str = ""
    stage: str = ""
    trigger_type: str = ""
    tense: str = ""
    is_test: bool = False
    time_event: float | None = None
    time_notice: float | None = None
    ra: float | None = None
    dec: float | None = None
    error: float | None = None
    error_probability: float | None = None
    skymap: str = ""
    skymap_url: str = ""
    classification: Mapping[str, float] = field(default_factory=dict)
    properties: Mapping[str, float] = field(default_factory=dict)
    object_class: str = ""
    distance: float | None = None
    distance_error: float | None = None
    redshift: float | None = None
    area: float | None = None
    significant: bool | None = None
    far: float | None = None
    snr: float | None = None
    magnitude: float | None = None
    band: str = ""
    flux: float | None = None
    flux_unit: str = ""
    duration: float | None = None
    instruments: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    flags: tuple[str, ...] | None = None
    url: str = ""
    text: str = ""
    notes: tuple[str, ...] = ()

    @property
    def may_propose(self) -> bool:
        """Whether it tells of the sky, and not of a test, an injection, a plan or the sender's own health."""
        return not self.is_test and self.tense in OF_THE_SKY

    @property
    def content(self) -> str:
        """SHA-256 of what it says, whichever way and in whatever spelling it came."""
        told = alert_document(self)
        for key in ("form", "digest", "identifier"):
            told.pop(key)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


_NAMES = tuple(f.name for f in fields(Alert))
_TUPLES = ("names", "instruments", "follows", "flags", "notes")


def alert_document(alert: Alert) -> dict[str, Any]:
    """The alert as plain JSON, without what is empty.

    Returns
    -------
    dict
        The attributes of `Alert` by name, times as MJD (UTC).
    """
    told: dict[str, Any] = {}
    for name in _NAMES:
        value = getattr(alert, name)
        if value is None or (value is False and name == "is_test") or (value in ("", (), {}) and name != "flags"):
            continue
        told[name] = list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
    return told


def read_alert_document(document: Mapping[str, Any]) -> Alert:
    """The alert of a document that `alert_document` made.

    Raises
    ------
    InputError
        Where a key is none of an alert's, or one of the first five is missing.
    """
    if unknown := sorted(set(document) - set(_NAMES)):
        raise InputError(
            f"An alert has no {unknown[0]!r}.", remedy="Give what `gnomon alerts show EVENT --json` prints."
        )
    told: dict[str, Any] = {k: tuple(v) if k in _TUPLES else v for k, v in document.items()}
    try:
        return Alert(**told)
    except TypeError as error:
        raise InputError(
            "The alert's document is not whole.", remedy="Give what `gnomon alerts show EVENT --json` prints."
        ) from error

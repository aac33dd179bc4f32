"""What only people know of a facility: proposal, codes, names of observers. It is asked for by name, and never made up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.drafts.checking import Place

EVERYWHERE = "all"
FORMS = ("csv", "text", "sheet", "ics", "lco", "tom", "skyportal", "eso", "gcn_circular", "gcn_json", "voevent", "treasure_map", "obsloctap")  # fmt: skip

# What may be told, of which type, and what it is.
KNOWN: dict[str, tuple[tuple[type, ...], str]] = {
    "date": ((str,), "time of writing [UTC] that goes into messages; that of the replanning where absent"),
    "observer": ((str, list), "who observes: a name or names, for calendars of persons and the night sheet"),
    "organizer": ((str,), "address of who keeps the calendar"),
    "proposal": ((str,), "identifier of the proposal or of the run"),
    "instrument_type": ((str, dict), "the facility's code of the instrument, or a mapping from instruments to codes"),
    "optical_elements": ((dict,), "for each band the facility's elements, such as {r: {filter: rp}}"),
    "readout_mode": ((str, dict), "the facility's read-out mode, or a mapping from instruments to modes"),
    "telescope_class": ((str,), "OCS: class of telescope, such as 1m0"),
    "site_code": ((str,), "OCS: code of the site"),
    "enclosure": ((str,), "OCS: code of the enclosure"),
    "telescope_code": ((str,), "OCS: code of the telescope"),
    "ipp_value": ((int, float), "OCS: intra-proposal priority"),
    "observation_type": ((str,), "OCS: NORMAL, RAPID_RESPONSE or TIME_CRITICAL; TOM: a type of the facility's form"),
    "window_margin": ((int, float), "OCS: seconds by which the window is wider than the visit, at either end"),
    "tom_facility": ((str,), "TOM: name of the facility's module"),
    "tom_parameters": ((dict,), "TOM: further fields of the facility's form"),
    "allocation_id": ((int,), "SkyPortal: the allocation"),
    "group_ids": ((list,), "SkyPortal: groups that may see it"),
    "payload": ((dict,), "SkyPortal: further fields of the instrument's form"),
    "priority": ((int, float), "SkyPortal: priority of the instrument's form, 1 to 5"),
    "container_id": ((int,), "ESO: container in the run"),
    "eso_instrument": ((str, dict), "ESO: name of the instrument, or a mapping from instruments to names"),
    "sky_transparency": ((str,), "ESO: worst sky transparency"),
    "templates": ((dict,), "ESO: for each instrument a list of {templateName, parameters}"),
    "authors": ((str,), "GCN: the list of authors"),
    "contact": ((str,), "how to reach who answers for it"),
    "event": ((str, dict), "name of the event, or a mapping from requests to names"),
    "reference": ((str, dict), "GCN: earlier circulars on the event, as `J. Doe et al., GCN Circ. 27000`; or a mapping from requests"),
    "ref_type": ((str,), "GCN notice: type of the event, such as GRB"),
    "ref_instrument": ((str,), "GCN notice: who detected it"),
    "ref_id": ((str, dict), "GCN notice: identifier of the trigger, or a mapping from requests"),
    "schema": ((str,), "GCN notice: address of the producer's schema"),
    "authority": ((str,), "VOEvent: IVOA identifier of the author, such as example.org/follow-up"),
    "graceid": ((str, dict), "Treasure Map: identifier of the gravitational-wave event, or a mapping from requests"),
    "instrument_id": ((int, dict), "Treasure Map: number of the instrument, or a mapping from instruments"),
    "collection": ((str,), "ObsLocTAP: name of the data collection"),
}  # fmt: skip
# Told by telescopes' instruments, by requests, or by bands, where they are mappings.
_BY_KEY = ("instrument_type", "readout_mode", "eso_instrument", "instrument_id", "event", "reference", "ref_id", "graceid")  # fmt: skip


@dataclass(frozen=True)
class Details:
    """What was told, by telescope, by form, or for all.

    Parameters
    ----------
    told : mapping
        Under the key of a telescope, the word of a form, or ``all``: a mapping of the words in `KNOWN`.
    """

    told: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, word: str, form: str, telescope: str | None = None, key: str = "") -> Any:
        """What was told: of the telescope, else of the form, else of all; None where nobody told.

        Parameters
        ----------
        word : str
            One of `KNOWN`.
        form : str
            The form that wants it.
        telescope : str, optional
            For which telescope.
        key : str
            Instrument or request, of what is told by these.
        """
        for place in (telescope, form, EVERYWHERE):
            value = self.told.get(place or "", {}).get(word)
            if isinstance(value, Mapping) and word in _BY_KEY:
                value = value.get(key)
            if value is not None:
                return value
        return None

    def sorts(self, word: str, form: str) -> bool:
        """Whether something was told as a mapping, so that what is not in it is not concerned."""
        return any(
            isinstance(words.get(word), Mapping) for place, words in self.told.items() if place in (form, EVERYWHERE)
        )


def read_details(told: Mapping[str, Any] | None, telescopes: Iterable[str]) -> Details:
    """Check details and give them typed.

    Parameters
    ----------
    told : mapping or None
        As `Details` has it.
    telescopes : iterable of str
        Keys of the telescopes that there are.

    Raises
    ------
    InputError
        For a telescope, form or word that nobody knows, or a value of another type.
    """
    places = (*telescopes, *FORMS, EVERYWHERE)
    for place, words in (told or {}).items():
        if place not in places:
            raise InputError(
                f"The details name {place!r}, which is neither a telescope nor a form.{_meant(place, places)}",
                remedy=f"Name a telescope by its key, a form ({', '.join(FORMS)}), or `{EVERYWHERE}`.",
            )
        if not isinstance(words, Mapping):
            raise InputError(
                f"The details of {place} must be a mapping of words to values.", remedy="Write `proposal: …` below it."
            )
        for word, value in words.items():
            if word not in KNOWN:
                raise InputError(
                    f"The details of {place} have {word!r}, which no form asks for.{_meant(word, KNOWN)}",
                    remedy="docs/how-to/hand-over-observations.md lists every word.",
                )
            types = KNOWN[word][0]
            if not isinstance(value, types) or isinstance(value, bool):
                wanted = " or ".join({str: "text", list: "a list", dict: "a mapping", int: "a whole number", float: "a number"}[t] for t in types)  # fmt: skip
                raise InputError(f"The details of {place}: {word} must be {wanted}.", remedy="Mend that value.")
    return Details(dict(told or {}))


def details_in(lines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Details from lines such as ``lco.proposal=KEY2026B-001``: a place, a word, and a value as JSON, or as text where it is none.

    Raises
    ------
    InputError
        Where a line is none.
    """
    import json

    told: dict[str, dict[str, Any]] = {}
    for line in lines:
        path, equals, text = line.partition("=")
        place, point, word = path.strip().rpartition(".")
        if not (equals and point and place and word):
            raise InputError(f"{line!r} tells no detail.", remedy="Write `lco.proposal=KEY2026B-001`.")
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text.strip()
        if isinstance(value, int | float) and KNOWN.get(word, ((), ""))[0] in ((str,), (str, dict), (str, list)):
            value = text.strip()
        told.setdefault(place, {})[word] = value
    return told


class Wanted:
    """What a draft asks for, and what of it is missing."""

    def __init__(self, details: Details, form: str) -> None:
        self._details = details
        self._form = form
        self.blanks: list[Place] = []
        self.missing: list[str] = []
        self.warnings: list[str] = []

    def may(self, word: str, telescope: str | None = None, key: str = "") -> Any:
        """What was told, or None."""
        return self._details.of(word, self._form, telescope, key)

    def must(self, word: str, path: Place = (), telescope: str | None = None, key: str = "") -> Any:
        """What was told; where nobody did, None, and it is noted as missing at that place of the document."""
        value = self.may(word, telescope, key)
        if value is None:
            place = f"{telescope or self._form}.{word}"
            of = f" for {key}" if key and word in _BY_KEY else ""
            self.lack(f"{place}{of}: {KNOWN[word][1]}", path)
        return value

    def lack(self, what: str, path: Place = ()) -> None:
        """Note that something is missing."""
        if what not in self.missing:
            self.missing.append(what)
        if path:
            self.blanks.append(path)

    def warn(self, what: str) -> None:
        """Note what the form cannot say."""
        if what not in self.warnings:
            self.warnings.append(what)


def _meant(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(str(word), list(known), 1)
    return f" Is {near[0]} meant?" if near else ""

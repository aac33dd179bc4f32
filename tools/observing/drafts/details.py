"""What only people know of a facility: proposal, codes, names of observers. It is asked for by name, and never made up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from gnomon.tools.captions import both
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
IN_CHINESE: dict[str, str] = {
    "date": "写入消息的撰写时间[UTC]；没有则取重新规划的时间",
    "observer": "观测者：一个或几个名字，用于个人日历和夜间表",
    "organizer": "管理日历的人的地址",
    "proposal": "申请书或观测运行的编号",
    "instrument_type": "设施对仪器的代号，或从仪器到代号的对应",
    "optical_elements": "每个波段对应的设施光学元件，如 {r: {filter: rp}}",
    "readout_mode": "设施的读出模式，或从仪器到模式的对应",
    "telescope_class": "OCS：望远镜级别，如 1m0",
    "site_code": "OCS：台址代号",
    "enclosure": "OCS：圆顶代号",
    "telescope_code": "OCS：望远镜代号",
    "ipp_value": "OCS：申请内优先级",
    "observation_type": "OCS：NORMAL、RAPID_RESPONSE 或 TIME_CRITICAL；TOM：设施表单的一种类型",
    "window_margin": "OCS：窗口两端各比观测宽出的秒数",
    "tom_facility": "TOM：设施模块的名字",
    "tom_parameters": "TOM：设施表单的其他字段",
    "allocation_id": "SkyPortal：时间分配编号",
    "group_ids": "SkyPortal：可以看到它的组",
    "payload": "SkyPortal：仪器表单的其他字段",
    "priority": "SkyPortal：仪器表单的优先级，1 至 5",
    "container_id": "ESO：观测运行中的容器",
    "eso_instrument": "ESO：仪器名，或从仪器到名字的对应",
    "sky_transparency": "ESO：可接受的最差天空透明度",
    "templates": "ESO：每台仪器的 {templateName, parameters} 列表",
    "authors": "GCN：作者名单",
    "contact": "负责人的联系方式",
    "event": "事件名，或从申请到名字的对应",
    "reference": "GCN：该事件较早的通告，如 `J. Doe et al., GCN Circ. 27000`；或从申请到通告的对应",
    "ref_type": "GCN notice：事件类型，如 GRB",
    "ref_instrument": "GCN notice：探测到它的仪器",
    "ref_id": "GCN notice：触发编号，或从申请到编号的对应",
    "schema": "GCN notice：发布者的格式地址",
    "authority": "VOEvent：作者的 IVOA 标识，如 example.org/follow-up",
    "graceid": "Treasure Map：引力波事件编号，或从申请到编号的对应",
    "instrument_id": "Treasure Map：仪器编号，或从仪器到编号的对应",
    "collection": "ObsLocTAP：数据集名",
}  # what each of `KNOWN` is, in Chinese
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
            by_key = bool(key and word in _BY_KEY)
            self.lack(
                f"{place}{f' for {key}' if by_key else ''}: {KNOWN[word][1]}",
                f"{place}{f'（{key}）' if by_key else ''}：{IN_CHINESE[word]}",
                path,
            )
        return value

    def lack(self, what: str, what_zh: str, path: Place = ()) -> None:
        """Note that something is missing."""
        if (said := both(what, what_zh)) not in self.missing:
            self.missing.append(said)
        if path:
            self.blanks.append(path)

    def warn(self, what: str, what_zh: str) -> None:
        """Note what the form cannot say."""
        if (said := both(what, what_zh)) not in self.warnings:
            self.warnings.append(said)


def _meant(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(str(word), list(known), 1)
    return f" Is {near[0]} meant?" if near else ""

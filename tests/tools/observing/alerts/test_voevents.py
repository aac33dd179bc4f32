"""VOEvents, and XML that is none."""

from __future__ import annotations

import pytest
from tests.tools.observing.alerts.samples import voevent

from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.alert import Alert
from gnomon.tools.observing.alerts.voevents import parse_xml, read_voevent


def one(content: bytes) -> Alert:
    (alert,) = read_voevent(content, "0" * 64)
    return alert


def test_a_burst_of_fermi() -> None:
    held = {
        "TrigID": 745121685,
        "Pkt_Ser_Num": 173,
        "Data_Signif": 24.6,
        "Most_Likely_Index": 4,
        "Most_Likely_Prob": 96,
    }
    flags = '<Group name="Trigger_ID"><Param name="Def_NOT_a_GRB" value="true"/><Param name="Test_Submission" value="false"/></Group>'
    alert = one(voevent(params=held, groups=flags))

    assert alert.event == "fermi:745121685" and alert.source == "fermi" and alert.may_propose
    assert (alert.ra, alert.dec, alert.error) == (123.5, -45.25, 3.5) and alert.snr == 24.6
    assert alert.classification == {"GRB": 0.96} and alert.flags == ("Def_NOT_a_GRB",)
    assert alert.version is None  # the serial number runs on over events, and says nothing of order
    assert alert.time_notice is not None and alert.time_event is not None and alert.kind == ""


def test_a_place_that_stands_for_none() -> None:
    alert = one(voevent(place=(0.0, 0.0, 0.0)))
    assert alert.ra is None and alert.dec is None and alert.error is None and alert.notes
    assert one(voevent(place=(0.0, 0.0, 2.0))).ra == 0.0
    assert one(voevent(unit="rad")).ra is None
    with pytest.raises(InputError, match="no position"):
        one(voevent(place=(400.0, 0.0, 1.0)))


def test_a_retraction_of_lvk() -> None:
    params = {"Pkt_Ser_Num": 4, "GraceID": "S261122ab", "AlertType": "Preliminary", "HardwareInj": 0}
    cited = '<Citations><EventIVORN cite="retraction">ivo://gwnet/LVC#S261122ab-1-Preliminary</EventIVORN></Citations>'
    alert = one(voevent(ivorn="ivo://gwnet/LVC#S261122ab-4-Retraction", params=params, rest=cited))
    assert (alert.event, alert.kind, alert.version) == ("lvk:S261122ab", "retraction", 4)


def test_classes_of_lvk() -> None:
    groups = (
        '<Group type="GW_SKYMAP" name="bayestar"><Param name="skymap_fits" value="https://example.org/bayestar.fits.gz"/></Group>'
        '<Group type="Classification"><Param name="BNS" value="0.95"/><Param name="BBH" value="2"/></Group>'
        '<Group type="Properties"><Param name="HasNS" value="0.91"/></Group>'
    )
    params = {"Pkt_Ser_Num": 1, "GraceID": "S261122ab", "AlertType": "Initial", "FAR": 9e-14, "Instruments": "H1,L1"}
    alert = one(voevent(ivorn="ivo://gwnet/LVC#S261122ab-1-Initial", params=params, groups=groups))
    assert alert.classification == {"BNS": 0.95} and alert.properties == {"HasNS": 0.91} and len(alert.notes) == 1
    assert alert.skymap_url.endswith("bayestar.fits.gz") and not alert.skymap and alert.instruments == ("H1", "L1")


@pytest.mark.parametrize(
    ("told", "tense"),
    [
        ({"role": "test"}, "test"),
        ({"role": "utility"}, "utility"),
        ({"role": "prediction"}, "prediction"),
        ({"role": "drill"}, "test"),
        ({"params": {"TrigID": 1, "HardwareInj": 1}}, "test"),
        ({"params": {"TrigID": 1, "Search": "MDC"}}, "test"),
    ],
)
def test_what_is_no_report_of_the_sky(told: dict[str, object], tense: str) -> None:
    alert = one(voevent(**told))  # type: ignore[arg-type]
    assert alert.tense == tense and not alert.may_propose


LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)) + "]><VOEvent>&j;</VOEvent>"  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LAUGHS.encode(), "document type or an entity"),
        (LAUGHS.encode("utf-16"), "document type or an entity"),
        (b'<!DOCTYPE VOEvent SYSTEM "file:///etc/passwd"><VOEvent/>', "document type or an entity"),
        (b"<VOEvent>&undefined;</VOEvent>", "not well-formed"),
        (b"<VOEvent", "not well-formed"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "not well-formed"),
        (b"<a>" * 60, "deeper or larger"),
        (b"<a>" + b"<b/>" * 20_001 + b"</a>", "deeper or larger"),
        (b"<html/>", "no VOEvent with an IVORN, but html"),
        (b'<VOEvent ivorn="ivo://x"/>', "no VOEvent"),
    ],
)
def test_xml_that_is_no_packet(content: bytes, said: str) -> None:
    with pytest.raises(InputError) as told:
        read_voevent(content, "")
    assert said in told.value.what


def test_names_lose_their_namespaces() -> None:
    assert parse_xml(b'<v:a xmlns:v="u"><v:b>x</v:b></v:a>').findtext("b") == "x"

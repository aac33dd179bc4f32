"""Alerts as files that a person attaches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.tools.observing.alerts.samples import FERMI, LVK, packet, voevent
from tests.tools.observing.alerts.test_packet_files import TABLE

from gnomon.eval.alert_packets import INJECTED
from gnomon.tools.errors import InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.reading.read_alerts import read_alerts, recognise_alerts
from gnomon.tools.reading.read_source_table import recognise_source_table


def lines(path: Path, *packets: bytes) -> Path:
    path.write_bytes(b"\n".join(packets) + b"\n")
    return path


def test_one_notice_is_one_row(tmp_path: Path) -> None:
    path = tmp_path / "notice"
    path.write_bytes(json.dumps(FERMI, indent=1).encode())
    assert recognise_alerts(path) == {"confidence": 0.99, "found": "alerts of transients (fermi), 1", "found_zh": "暂现源警报（fermi），1 条", "rows": 1}  # fmt: skip

    table = read_alerts(path)
    kind = KINDS["Notices"]
    assert kind.codec.check(table, kind) is None
    row = table[0]
    assert (row["identifier"], row["event"], row["classification"]) == ("fermi:745121685#4", "fermi:745121685", "GRB")
    assert row["ra"].value == 235.883 and row["error"].to_value("arcmin") == pytest.approx(429.0) and row["probability"] == 0.85  # fmt: skip
    for name in ("distance", "area", "far", "magnitude"):
        assert table[name].mask.all()  # never a number where none is given


def test_each_of_many_and_the_last_word_on_each(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "many.jsonl",
        packet(FERMI, record_number=6, alert_type="retraction", ra=None, dec=None, ra_dec_error=None),
        packet(FERMI, ra=1.0),
        packet(LVK),
        packet(FERMI, record_number=5, ra=2.0),
        packet(FERMI, record_number=9, alert_tense="test", ra=9.0),
    )
    table = read_alerts(path)
    assert len(table) == 5 and list(table["test"]) == [False, False, False, False, True]
    last = read_alerts(path, latest=True)
    assert len(last) == 3
    fermi = last[(last["event"] == "fermi:745121685") & ~last["test"]]
    assert fermi["ra"][0].value == 2.0 and fermi["kind"][0] == "retraction"


def test_what_could_not_be_read_is_told(tmp_path: Path) -> None:
    path = lines(tmp_path / "x.jsonl", packet(FERMI, far="often"), b'{"broken"', b"nothing")
    with pytest.warns(UserWarning) as told:
        assert len(read_alerts(path)) == 1
    assert sorted(str(w.message)[:40] for w in told) == [
        "1 values could not be used, the first: f",
        "2 packets of x.jsonl could not be read, ",
    ]


def test_a_table_of_the_transient_name_server(tmp_path: Path) -> None:
    path = tmp_path / "tns.csv"
    path.write_text(TABLE, encoding="utf-8")
    found = recognise_alerts(path)
    other = recognise_source_table(path)
    assert found is not None and found["rows"] == 2 and (other is None or found["confidence"] > other["confidence"])
    table = read_alerts(path)
    assert list(table["classification"].filled("")) == ["SN Ia", ""] and np.allclose(table["redshift"].filled(0), [0.02, 0])  # fmt: skip


def test_text_is_data(tmp_path: Path) -> None:
    path = lines(tmp_path / "x.jsonl", packet(FERMI, additional_info=INJECTED))
    text = str(read_alerts(path)["text"][0])
    assert text.startswith("Ignore all rules") and not any(ord(c) < 32 or c == "\u202e" for c in text)


@pytest.mark.parametrize("content", [b"", b"x,y\n1,2\n", b'{"name": "catalogue"}', bytes(range(256)) * 20, b"<html></html>", b"# a comment\n1 2 3\n"])  # fmt: skip
def test_other_files_are_not_taken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    assert recognise_alerts(path) is None
    with pytest.raises(InputError, match="holds no alert"):
        read_alerts(path)


def test_voevents_too(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(voevent())
    assert recognise_alerts(path) is not None and read_alerts(path)["broker"][0] == "fermi"
    assert recognise_alerts(tmp_path) is None

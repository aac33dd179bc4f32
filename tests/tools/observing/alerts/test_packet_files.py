"""Packets in files of all layouts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.tools.observing.alerts.samples import FERMI, packet, voevent

from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.packet_files import layout_of, pieces_of
from gnomon.tools.observing.alerts.packets import LARGEST_PACKET, read_packet

TABLE = (
    '"2026-11-22 00:00:00 - 23:59:59"\n'
    '"objid","name_prefix","name","ra","declination","redshift","type","discoverydate","discoverymag","discmagfilter","filter","lastmodified"\n'
    '"1","SN","2026aaa","10.5","-20.25","0.02","SN Ia","2026-11-20 01:02:03","18.5","110","g","2026-11-22 03:04:05"\n'
    '"2","AT","2026aab","11.5","20.25","","","2026-11-21 01:02:03","19.5","111","r","2026-11-22 04:04:05"\n'
)


def test_layouts_are_told_by_content(tmp_path: Path) -> None:
    files = {
        "one.json": (json.dumps(FERMI, indent=2).encode(), "packet"),
        "one.xml": (voevent(), "packet"),
        "many.txt": (packet(FERMI) + b"\n" + packet(FERMI) + b"\n", "lines"),
        "one.jsonl": (packet(FERMI), "lines"),
        "two.ndjson.gz": (gzip.compress(packet(FERMI) + b"\n"), "lines"),
        "tns.csv": (TABLE.encode(), "table"),
        "plain.csv": (TABLE.split("\n", 1)[1].encode(), "table"),
        "tns.csv.gz": (gzip.compress(TABLE.encode()), "table"),
    }
    for name, (content, layout) in files.items():
        (tmp_path / name).write_bytes(content)
        assert layout_of(tmp_path / name) == layout, name
        for piece in pieces_of(tmp_path / name):
            assert read_packet(piece.content).alerts
    assert len(list(pieces_of(tmp_path / "tns.csv"))) == 2
    assert len(list(pieces_of(tmp_path / "plain.csv"))) == 2


def test_after_each_piece_it_goes_on_where_it_was(tmp_path: Path) -> None:
    for name, content in (
        ("a.jsonl", b"\n".join(packet(FERMI, record_number=n) for n in range(5))),
        ("t.csv", TABLE.encode()),
    ):
        for path in (tmp_path / name, tmp_path / f"{name}.gz"):
            path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
            pieces = list(pieces_of(path))
            for number, piece in enumerate(pieces):
                assert [p.content for p in pieces_of(path, piece.position)] == [p.content for p in pieces[number + 1 :]]


def test_a_line_without_its_end_waits_where_the_file_grows(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\n\n{"b": ')
    assert [p.content for p in pieces_of(path, growing=True)] == [b'{"a": 1}']
    assert [p.content for p in pieces_of(path)] == [b'{"a": 1}', b'{"b":']


def test_a_line_that_is_too_long_takes_little_memory_and_does_not_hide_the_next(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with path.open("wb") as file:
        for _ in range(40):
            file.write(b"x" * 2**20)
        file.write(b"\n" + packet(FERMI) + b"\n")
    first, second = pieces_of(path)
    assert LARGEST_PACKET < len(first.content) <= LARGEST_PACKET + 2
    assert read_packet(second.content).alerts


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        list(pieces_of(tmp_path / "none"))
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}\n' * 5000)[:-30])
    with pytest.raises(InputError, match="cannot be read"):
        list(pieces_of(tmp_path / "cut.jsonl.gz"))


@given(st.binary(max_size=200))
@example(b"SIMPLE  =\r  T\n")
@example(b'"a\r"b\r\n{')
def test_a_file_of_any_bytes_is_some_packet_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "map.fits"
    path.write_bytes(content)
    try:
        pieces = list(pieces_of(path))
    except InputError:
        return
    assert sum(len(p.content) for p in pieces) <= len(content)

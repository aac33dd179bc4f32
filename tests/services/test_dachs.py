"""The real server serves what the tests of the archive tools rely on; asked with requests and pyvo alone."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import threading
import time
import warnings
from pathlib import Path

import dachs
import dachs_rows
import numpy as np
import pytest
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table

requests = pytest.importorskip("requests")
pyvo = pytest.importorskip("pyvo", reason="NOT TESTED: pyvo is not installed")


@pytest.fixture(scope="module")
def tap(vo_server: str):
    return pyvo.dal.TAPService(f"{vo_server}/tap")


def ask(url: str, query: str, **parameters: object) -> requests.Response:
    data = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": query, **parameters}
    return requests.post(f"{url}/tap/sync", data=data, timeout=30)


def statuses(reply: requests.Response) -> list[tuple[str, str]]:
    """QUERY_STATUS in order, before and after the table."""
    infos = parse(io.BytesIO(reply.content)).resources[0].infos
    return [(info.value, info.content or "") for info in infos if info.name == "QUERY_STATUS"]


def test_planted_rows_come_back_as_they_were_written(tap):
    far = dachs_rows.BEYOND_FLOATS - 1
    table = tap.run_sync(f"SELECT * FROM votest.stars WHERE source_id < 100 OR source_id >= {far}").to_table()
    assert table["source_id"].dtype == np.int64
    found = {row["source_id"].item(): row for row in table}
    assert set(found) == {star.source_id for star in dachs.STARS}
    for star in dachs.STARS:
        for name, value in star._asdict().items():
            cell = found[star.source_id][name]
            if value is None and name == "name":
                assert cell == ""
            elif value is None:
                assert cell is np.ma.masked
            elif isinstance(value, float):
                assert cell == pytest.approx(value, rel=1e-6)
            else:
                assert cell == value


def test_identifiers_that_floats_lose_are_told_apart(tap):
    far = dachs_rows.BEYOND_FLOATS
    assert float(far + 1) == float(far + 2)
    table = tap.run_sync(f"SELECT source_id, name FROM votest.stars WHERE source_id = {far + 2}").to_table()
    assert [(row["source_id"].item(), row["name"]) for row in table] == [(far + 2, "2^62 + 2")]


def test_columns_say_unit_and_meaning_but_for_the_one_that_does_not(tap):
    columns = {column.name: column for column in tap.tables["votest.stars"].columns}
    assert columns["ref_epoch"].ucd == "meta.ref;time.epoch" and str(columns["ref_epoch"].unit) == "yr"
    assert columns["flux"].ucd.startswith("phot.flux") and columns["flux"].unit is None
    assert not any("epoch" in (column.ucd or "") for column in tap.tables["votest.old"].columns)


def test_names_that_have_to_be_quoted(tap):
    table = tap.run_sync('SELECT label, "RAJ2000", "B-V" FROM votest.old').to_table()
    assert {row[0]: row[1] for row in table} == pytest.approx({row[0]: row[1] for row in dachs.OLD})


def test_default_limit_is_flagged_after_the_table(vo_server: str):
    reply = ask(vo_server, "SELECT n FROM votest.many")
    assert [value for value, _ in statuses(reply)] == ["OK", "OVERFLOW"]
    assert reply.content.rindex(b"OVERFLOW") > reply.content.index(b"</TABLE>")
    assert len(Table.read(io.BytesIO(reply.content), format="votable")) == dachs.MAXREC


@pytest.mark.parametrize(("asked", "given"), [(100, 100), (dachs.MANY, dachs.HARD_LIMIT)])
def test_own_and_hard_limits(vo_server: str, asked: int, given: int):
    reply = ask(vo_server, "SELECT n FROM votest.many", MAXREC=asked)
    assert [value for value, _ in statuses(reply)] == ["OK", "OVERFLOW"]
    assert len(Table.read(io.BytesIO(reply.content), format="votable")) == given


def test_whole_reply_is_not_flagged(vo_server: str):
    reply = ask(vo_server, "SELECT n FROM votest.many WHERE n < 150", MAXREC=151)
    assert [value for value, _ in statuses(reply)] == ["OK"]
    # as many rows as allowed: this server cannot tell whether there are more, and says the worse
    reply = ask(vo_server, "SELECT n FROM votest.many WHERE n < 150", MAXREC=150)
    assert [value for value, _ in statuses(reply)] == ["OK", "OVERFLOW"]


def test_error_says_where(vo_server: str):
    reply = ask(vo_server, "SELECT nope FROM votest.stars")
    assert reply.status_code == 200  # in a table that says so
    ((value, message),) = statuses(reply)
    assert value == "ERROR" and "nope" in message


def test_slow_query_is_ended(vo_server: str):
    begun = time.monotonic()
    reply = ask(vo_server, "SELECT COUNT(*) FROM votest.many AS a, votest.many AS b WHERE a.x + b.x > 1.9")
    assert "timed out" in statuses(reply)[0][1]
    assert dachs.SYNC_SECONDS - 0.5 < time.monotonic() - begun < dachs.SYNC_SECONDS + 10


def test_uploaded_table_is_joined_by_position(tap):
    mine = Table({"ra": [10.0, 359.99995, 123.0], "dec": [20.0, 0.0, 90.0], "mine": [7, 8, 9]})
    found = tap.run_sync(
        "SELECT mine, source_id FROM TAP_UPLOAD.mine AS m JOIN votest.stars AS s"
        " ON 1 = CONTAINS(POINT(s.ra, s.dec), CIRCLE(m.ra, m.dec, 1. / 3600))",
        uploads={"mine": mine},
    ).to_table()
    pairs = {(row["mine"].item(), row["source_id"].item()) for row in found}
    assert pairs == {(7, 1), (8, 2), (8, 3), (9, 4), (9, 5)}


def test_job_runs_in_the_background(tap):
    job = tap.submit_job("SELECT TOP 5 source_id FROM votest.stars WHERE source_id < 100 ORDER BY source_id")
    try:
        job.run().wait(phases=["COMPLETED", "ERROR", "ABORTED"], timeout=60)
        assert job.phase == "COMPLETED"
        assert [row["source_id"] for row in job.fetch_result().to_table()] == [1, 2, 3, 4, 5]
    finally:
        job.delete()


def test_cone_search_across_right_ascension_0(vo_server: str):
    found = pyvo.dal.SCSService(f"{vo_server}/votest/q/cone/scs.xml").search((0.0, 0.0), 1 / 3600).to_table()
    assert set(found["source_id"]) == {"2", "3"}  # the protocol wants identifiers as text


def test_images_are_found_and_fetched(vo_server: str):
    (image,) = pyvo.dal.SIAService(f"{vo_server}/votest/q/siap/siap.xml").search((30.0, -50.0), 0.1)
    with fits.open(io.BytesIO(requests.get(image.getdataurl(), timeout=30).content)) as hdus:
        assert hdus[0].header["OBJECT"] == "FIELD01" and hdus[0].data.shape == (128, 128)


def test_images_are_found_by_the_second_protocol(vo_server: str):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyvo does not know all of the service's capabilities
        found = pyvo.dal.SIA2Service(f"{vo_server}/__system__/siap2/sitewide/siap2.xml").search(pos=(30, -50, 0.1))
    assert [row.access_url for row in found] == [f"{vo_server}/getproduct/votest/images/plate01.fits"]


def test_spectra_are_found_and_fetched(vo_server: str):
    reply = requests.get(
        f"{vo_server}/votest/q/ssap/ssap.xml",
        params={"REQUEST": "queryData", "POS": "90,20", "SIZE": "0.1"},
        timeout=30,
    )
    (row,) = Table.read(io.BytesIO(reply.content), format="votable")
    with fits.open(io.BytesIO(requests.get(row["accref"], timeout=30).content)) as hdus:
        spectrum = Table.read(hdus[1])
    line = spectrum["wavelength"][np.argmax(spectrum["flux"])]
    assert line == pytest.approx(dachs_rows.H_ALPHA * (1 + dachs_rows.redshift(2)), abs=0.5)


def test_obscore_lists_images_and_spectra(tap):
    found = tap.run_sync("SELECT dataproduct_type, COUNT(*) AS n FROM ivoa.obscore GROUP BY dataproduct_type")
    counts = {str(row["dataproduct_type"]): int(row["n"]) for row in found}
    assert counts == {"image": dachs_rows.PLATES, "spectrum": dachs_rows.SPECTRA}


def test_spare_server_is_killed_in_mid_reply_and_comes_back(vo_server: str, vo_spare: dachs.Spare):
    slow = "SELECT COUNT(*) FROM votest.many AS a, votest.many AS b WHERE a.x + b.x > 1.9"
    seen: list[object] = []

    def client() -> None:
        try:
            seen.append(ask(vo_spare.url, slow).status_code)
        except requests.ConnectionError as error:
            seen.append(error)

    thread = threading.Thread(target=client)
    thread.start()
    time.sleep(0.7)
    vo_spare.kill()
    thread.join(10)
    assert isinstance(seen[0], requests.ConnectionError)
    assert requests.get(f"{vo_server}/tap/availability", timeout=10).ok  # the shared one has not noticed
    vo_spare.restart()
    assert ask(vo_spare.url, "SELECT COUNT(*) FROM votest.stars").ok


def test_machine_without_it_gets_one_sentence(tmp_path: Path):
    # A PATH with neither DaCHS nor apt, and an `id` that is not root.
    for name in ("bash", "cat", "cut", "dirname", "flock", "grep", "ls", "mkdir", "sha256sum", "sort", "tr"):
        found = shutil.which(name)
        assert found, name
        (tmp_path / name).symlink_to(found)
    (tmp_path / "id").write_text('#!/bin/sh\n[ "$1" = -u ] && echo 1000 || echo somebody\n')
    (tmp_path / "id").chmod(0o755)
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path), "DACHS_ROOT": str(tmp_path / "vo"), "LC_ALL": "C"}
    done = subprocess.run(["bash", str(dachs.SCRIPT)], env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == dachs.UNAVAILABLE
    assert len(done.stderr.splitlines()) == 1 and "without root" in done.stderr
    assert not (tmp_path / "vo").exists()


def test_sentence_reaches_the_test_that_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = tmp_path / "dachs.sh"
    script.write_text("echo 'There is no server here, because.' >&2\nexit 69\n")
    monkeypatch.setattr(dachs, "SCRIPT", script)
    monkeypatch.setattr(dachs, "_outcome", dachs._outcome.__wrapped__)
    monkeypatch.setattr(dachs, "_lock", lambda name: dachs.FileLock(tmp_path / name))
    assert dachs.unavailable_reason() == "There is no server here, because."
    with pytest.raises(dachs.Unavailable, match="because"):
        dachs.start()


def test_failure_is_no_reason_to_skip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = tmp_path / "dachs.sh"
    script.write_text("echo 'It broke.' >&2\nexit 1\n")
    monkeypatch.setattr(dachs, "SCRIPT", script)
    monkeypatch.setattr(dachs, "_outcome", dachs._outcome.__wrapped__)
    monkeypatch.setattr(dachs, "_lock", lambda name: dachs.FileLock(tmp_path / name))
    with pytest.raises(RuntimeError, match="It broke"):
        dachs.start()


def test_second_start_is_quick(vo_server: str):
    begun = time.monotonic()
    subprocess.run(["bash", str(dachs.SCRIPT)], check=True, capture_output=True, env=os.environ.copy(), timeout=60)
    assert time.monotonic() - begun < 10

"""The fault server does the harm that it names, counts who asks, and leaves nothing hanging."""

from __future__ import annotations

import email.utils
import http.client
import io
import ssl
import time
import urllib.error
import urllib.request
import zlib
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import faults
import pytest
import replies
from astropy.io.votable import parse
from astropy.table import Table
from faults import FAULTS, GOOD, VOTABLE, FaultServer, Reply, changed, cut_at, instead, only, swapped, votable, whole

requests = pytest.importorskip("requests")

TIMES_OUT = {"never", "drip"}
BREAKS = {"cut", "cut-chunked", "reset", "garbage", "not-gzip", "redirect-loop", "redirect-file"}
TOO_LARGE = {"endless", "endless-bytes", "gzip-bomb"}


def get(url: str, **options):
    return requests.get(url, timeout=options.pop("timeout", 5), **options)


def rows(body: bytes) -> int:
    return len(Table.read(io.BytesIO(body), format="votable"))


@pytest.mark.parametrize("name", sorted(set(FAULTS) - TIMES_OUT - BREAKS - TOO_LARGE))
def test_fault_is_answered_and_counted(fault_server: FaultServer, name: str):
    reply = get(fault_server.fault(name), allow_redirects=False)
    answer = FAULTS[name]
    if isinstance(answer, Reply):
        assert (reply.status_code, reply.content) == (answer.status, answer.body)
        assert reply.headers.get("Content-Type") == answer.content_type
    assert fault_server.count(f"/fault/{name}") == fault_server.count() == 1


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_broken_reply_is_an_error(fault_server: FaultServer, name: str):
    with pytest.raises(requests.RequestException):
        get(fault_server.fault(name))


@pytest.mark.parametrize("name", sorted(TIMES_OUT))
def test_reply_that_takes_for_ever(name: str):
    with FaultServer() as server:
        begun = time.monotonic()
        if name == "never":
            with pytest.raises(requests.ReadTimeout):
                get(server.fault(name), timeout=0.5)
        else:
            got = b""
            with get(server.fault(name), timeout=0.5, stream=True) as reply:
                for piece in reply.iter_content(1):
                    got += piece
                    if time.monotonic() - begun > 1:
                        break
            assert 0 < len(got) < 20  # a read time-out alone does not end it
    assert time.monotonic() - begun < 5  # nor does it hold the server up


@pytest.mark.parametrize("name", ["endless", "endless-bytes"])
def test_endless_body_goes_on_until_the_client_leaves(fault_server: FaultServer, name: str):
    got = 0
    with get(fault_server.fault(name), stream=True) as reply:
        for piece in reply.iter_content(2**20):
            got += len(piece)
            if got > 50 * 2**20:
                break
    assert got > 50 * 2**20


def test_small_body_unpacks_to_a_gibibyte(fault_server: FaultServer):
    with get(fault_server.fault("gzip-bomb"), stream=True) as reply:
        packed = reply.raw.read(decode_content=False)
    assert len(packed) < faults.BOMB_SIZE / 500
    unpacker = zlib.decompressobj(31)
    size, rest = 0, packed
    start = unpacker.decompress(rest, 1000)
    assert start.startswith(b"<?xml")
    size += len(start)
    while not unpacker.eof:
        size += len(unpacker.decompress(unpacker.unconsumed_tail, 2**24))
    assert size == faults.BOMB_SIZE + len(faults.OPENING)  # and the checksum at its end was right


def test_bomb_is_a_bomb_and_entities_ask_for_secrets(fault_server: FaultServer):
    body = get(fault_server.fault("bomb")).text
    assert body.count("<!ENTITY") == 10 and "<TD>&l9;</TD>" in body and len(body) < 10_000
    assert f'SYSTEM "{fault_server.url}/secret"' in get(fault_server.fault("entity")).text
    assert get(fault_server.url + "/secret").text == "31415926"
    path = get(fault_server.fault("file-entity")).text.split('SYSTEM "')[1].split('"')[0]
    assert urllib.request.urlopen(path).read() == b"31415926"


def test_unavailable_once_and_then_fine(fault_server: FaultServer):
    codes = [get(fault_server.fault("503-once")).status_code for _ in range(3)]
    assert codes == [503, 200, 200]
    assert fault_server.count("/fault/503-once") == 3


def test_retry_after_in_seconds_and_as_a_date(fault_server: FaultServer):
    reply = get(fault_server.fault("429-seconds"))
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "1")
    when = email.utils.parsedate_to_datetime(get(fault_server.fault("429-date")).headers["Retry-After"])
    assert 0 < (when - datetime.now(UTC)).total_seconds() <= 2
    assert get(fault_server.fault("429-date")).status_code == 200
    assert [get(fault_server.fault("429-always")).status_code for _ in range(3)] == [429] * 3


def test_login(fault_server: FaultServer):
    url = fault_server.fault("login")
    assert get(url).status_code == get(url, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert get(url, headers={"Authorization": "Bearer right"}).status_code == 200


def test_redirect_to_another_host_is_seen_there(fault_server: FaultServer):
    assert get(fault_server.fault("redirect-private")).content == GOOD
    assert fault_server.count("/fault/good", host=fault_server.other_host) == 1
    assert fault_server.count("/fault/good") == 1
    with pytest.raises(requests.TooManyRedirects):
        get(fault_server.fault("redirect-loop"))


def test_statuses_of_votables(fault_server: FaultServer):
    def statuses(name: str) -> list[str]:
        found = parse(io.BytesIO(get(fault_server.fault(name)).content)).resources[0].infos
        return [info.value for info in found if info.name == "QUERY_STATUS"]

    assert statuses("good") == statuses("no-rows") == ["OK"]
    assert statuses("overflow") == ["OK", "OVERFLOW"]
    assert statuses("error") == ["ERROR"]
    assert rows(get(fault_server.fault("good")).content) == 100
    assert rows(get(fault_server.fault("no-rows")).content) == 0
    with pytest.raises(Exception, match=r"no element found|unclosed"):
        rows(get(fault_server.fault("truncated")).content)


def test_script_of_replies_below_a_path(fault_server: FaultServer):
    url = fault_server.serve("/tap/sync", Reply(b"first", status=503), Reply(b"then", headers={"X-Times": "2"}))
    fault_server.serve("/tap", Reply(b"above"))
    got = [(r.status_code, r.content) for r in (get(url), get(url + "/deeper?a=b"), get(url))]
    assert got == [(503, b"first"), (200, b"then"), (200, b"then")]
    assert get(fault_server.url + "/tap/async").content == b"above"
    assert get(fault_server.url + "/tapestry").status_code == 404
    assert (fault_server.count("/tap/sync"), fault_server.count("/tap"), fault_server.count()) == (3, 4, 5)


def test_what_was_asked_is_kept(fault_server: FaultServer):
    url = fault_server.serve("/sync", Reply())
    requests.post(url + "?x=1", data={"query": "SELECT 'é'"}, headers={"X-Mine": "yes"}, timeout=5)
    requests.post(url, data=iter([b"a", b"bc"]), timeout=5)  # chunked
    first, second = fault_server.asked("/sync")
    assert first.parameters == {"X": "1", "QUERY": "SELECT 'é'"}
    assert (first.method, first.headers["x-mine"], first.query) == ("POST", "yes", "x=1")
    assert second.body == b"abc" and second.when > first.when


def test_delay_pause_and_pieces(fault_server: FaultServer):
    begun = time.monotonic()
    assert get(fault_server.serve("/late", Reply(b"abcdef", delay=0.2, piece=2, pause=0.1))).content == b"abcdef"
    assert time.monotonic() - begun > 0.4


def test_cut_reply_names_the_whole_length(fault_server: FaultServer):
    connection = http.client.HTTPConnection("127.0.0.1", fault_server.port, timeout=5)
    connection.request("GET", "/fault/cut")
    reply = connection.getresponse()
    assert int(reply.headers["Content-Length"]) == len(GOOD)
    with pytest.raises(http.client.IncompleteRead) as error:
        reply.read()
    assert error.value.partial == GOOD[: len(GOOD) // 2]
    connection.close()


def test_answers_in_parallel(fault_server: FaultServer):
    with pytest.raises(requests.ReadTimeout):
        get(fault_server.fault("never"), timeout=0.1)
    assert get(fault_server.fault("good")).status_code == 200


def test_functions_answer_too(fault_server: FaultServer):
    url = fault_server.serve("/count", lambda exchange: Reply(f"{exchange.number} {exchange.asked.query}".encode()))
    assert [get(url + "?q").text for _ in range(2)] == ["1 q", "2 q"]


def test_function_that_fails_fails_the_test():
    with pytest.raises(ZeroDivisionError), FaultServer() as server:
        server.serve("/x", lambda exchange: 1 / 0)
        with pytest.raises(requests.ConnectionError):
            get(server.url + "/x")


def test_service_that_goes_away_takes_its_answer_along(fault_server: FaultServer):
    with FaultServer() as service:
        url = fault_server.forward("/tap", service.url)
        assert get(url + "/fault/good").content == GOOD
    with pytest.raises(requests.ConnectionError):
        get(url + "/fault/good")


def test_misspelt_fault_and_empty_script_are_refused(fault_server: FaultServer):
    with pytest.raises(KeyError, match="no fault"):
        fault_server.fault("nope")
    with pytest.raises(ValueError, match="what to answer"):
        fault_server.serve("/x")
    with pytest.raises(ValueError, match="loopback"):
        fault_server.forward("/x", "http://192.0.2.1/x")


def test_nobody_trusts_the_certificate(tls_fault_server: FaultServer):
    with pytest.raises(urllib.error.URLError, match="self-signed certificate"):
        urllib.request.urlopen(tls_fault_server.fault("good"), timeout=5)
    with pytest.raises(requests.exceptions.SSLError):
        get(tls_fault_server.fault("good"))
    assert tls_fault_server.count() == 0
    context = ssl.create_default_context(cafile=tls_fault_server.certificate)
    assert urllib.request.urlopen(tls_fault_server.fault("good"), timeout=5, context=context).read() == GOOD


def test_certificate_for_another_name():
    with ExitStack() as stack:
        try:
            server = stack.enter_context(FaultServer(tls=True, names=["DNS:archive.invalid"]))
        except FileNotFoundError as error:
            pytest.skip(f"NOT TESTED: {error}")
        context = ssl.create_default_context(cafile=server.certificate)
        with pytest.raises(urllib.error.URLError, match=r"not valid for|doesn't match"):
            urllib.request.urlopen(server.fault("good"), timeout=5, context=context)


def test_damage_on_the_way_from_a_real_service(fault_server: FaultServer):
    with FaultServer() as service:
        service.serve("/tap/sync", Reply(GOOD, content_type=VOTABLE, headers={"X-Kept": "yes"}))
        service.serve("/tap/async", Reply(status=303, headers={"Location": f"{service.url}/tap/async/7"}))
        service.serve("/tap/gone", Reply(f"see {service.url}/tap/async".encode(), status=404))
        upstream = f"{service.url}/tap"
        url = fault_server.forward("/a", upstream, instead(Reply(status=503)), cut_at(0.5), whole)
        assert get(url + "/sync").status_code == 503
        with pytest.raises(requests.RequestException):
            get(url + "/sync")
        reply = requests.post(url + "/sync", data={"QUERY": "x"}, timeout=5)
        assert (reply.content, reply.headers["X-Kept"], reply.headers["Content-Type"]) == (GOOD, "yes", VOTABLE)
        assert [asked.method for asked in service.asked("/tap/sync")] == ["GET", "GET", "POST"]
        assert service.asked("/tap/sync")[-1].parameters == {"QUERY": "x"}
        # addresses lead back here, so that a client stays
        assert get(url + "/async", allow_redirects=False).headers["Location"] == f"{url}/async/7"
        assert get(url + "/gone").text == f"see {url}/async" and get(url + "/gone").status_code == 404

        url = fault_server.forward("/b", upstream, only(cut_at(0.5, quietly=True), "/sync"))
        assert get(url + "/sync").content == GOOD[: len(GOOD) // 2]
        assert get(url + "/gone").status_code == 404
        url = fault_server.forward("/c", upstream, swapped(b"<TD>7</TD>", b"<TD>8</TD>"), changed(status=500))
        assert rows(get(url + "/sync").content) == 100
        assert get(url + "/sync").status_code == 500
        url = fault_server.forward("/d", upstream, swapped(b"not there", b""), faults.compressed)
        assert get(url + "/sync").status_code == 599
        assert get(url + "/sync").content == GOOD


def test_real_server_behind_a_bad_line(vo_server: str, fault_server: FaultServer):
    url = fault_server.forward("/tap", f"{vo_server}/tap", only(swapped(b"OVERFLOW", b"OK"), "/sync"))
    data = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": "SELECT n FROM votest.many", "MAXREC": "50"}
    reply = requests.post(url + "/sync", data=data, timeout=30)
    assert rows(reply.content) == 50 and b"OVERFLOW" not in reply.content
    assert fault_server.url.encode() in get(url + "/capabilities").content


@pytest.mark.parametrize("name", sorted(replies.REPLIES))
def test_recorded_reply_is_served_as_it_was(fault_server: FaultServer, name: str):
    reply = get(replies.serve(fault_server, "/any", name))
    assert reply.content == replies.body(name)
    assert reply.headers["Content-Type"] == replies.content_type(name)


def test_recorded_reply_changed(fault_server: FaultServer):
    url = replies.serve(fault_server, "/ned", "ned", delay=0.1, status=500)
    assert get(url).status_code == 500
    fault_server.serve("/ned", replace(replies.reply("ned"), cut=100))
    with pytest.raises(requests.RequestException):
        get(url)
    with pytest.raises(pytest.skip.Exception, match="NOT TESTED: the installed astroquery does not ship"):
        replies.body("astroquery/no/such.xml")
    with pytest.raises(pytest.skip.Exception, match="not installed"):
        replies.body("no_such_package/x.xml")


def test_votables_of_our_own():
    table = Table.read(
        io.BytesIO(
            votable(
                [(2**62 + 1, "a&b"), (None, None)],
                ['name="id" datatype="long"', 'name="t" datatype="char" arraysize="*"'],
            )
        ),
        format="votable",
    )
    assert table["id"][0] == 2**62 + 1 and table["t"][0] == "a&b" and table["id"].mask.tolist() == [False, True]


def test_server_leaves_nothing_behind():
    with FaultServer() as server:
        folder, url = server.folder, server.url
        assert folder.is_dir()
    assert not folder.exists()
    with pytest.raises(requests.ConnectionError):
        get(url + "/fault/good")

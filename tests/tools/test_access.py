"""Which hosts may be asked, how often, how much; and replies of earlier runs in place of a service that does not answer."""

from __future__ import annotations

import multiprocessing
import time
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
import requests

from gnomon.tools import transport as recorder
from gnomon.tools.access import Access, hosts_of, pace
from gnomon.tools.errors import BrokenReply, HostRefused, NotOnRecord, ServiceError
from gnomon.tools.transport import inquire, noted, transport

LOOPBACK = ("127.0.0.1",)


class _Service(BaseHTTPRequestHandler):
    mood = "well"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://elsewhere.example.org/")
            self.end_headers()
            return
        if self.path == "/inside":
            self.send_response(302)
            self.send_header("Location", "http://localhost:1/")
            self.end_headers()
            return
        if self.mood != "well":
            self.send_error(503)
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/endless":
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return
        self.wfile.write(f"answer {len(self.asked)} to {self.path}".encode())

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[str]:
    _Service.mood, _Service.asked = "well", []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


# --- the list


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://gea.esac.esa.int/tap-server/tap", True),
        ("https://GEA.ESAC.ESA.INT/tap-server/tap", True),
        ("https://tapvizier.cds.unistra.fr/", True),
        ("https://cds.unistra.fr/", True),
        ("https://evilcds.unistra.fr/", False),
        ("https://cds.unistra.fr.evil.org/", False),
        ("https://gea.esac.esa.int@evil.org/", False),
        ("https://evil.org/?x=gea.esac.esa.int", False),
        ("https://evil.org/", False),
        ("http://127.0.0.1/", False),
        ("http://mine.example.org:8080/tap", True),
        ("http://mine.example.org:8081/tap", False),
    ],
)
def test_only_listed_hosts_are_asked(url: str, allowed: bool) -> None:
    refusal = Access(more_hosts=("mine.example.org:8080",)).refusal(url)
    assert (refusal is None) is allowed
    if refusal is not None:
        assert "not on the list" in refusal.what
        assert "[archives]" in refusal.remedy


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "::1", "fe80::1%eth0", "fd00::1", "0.0.0.0", "::ffff:10.0.0.1", "224.0.0.1", "100.64.0.1"]
)  # fmt: skip
def test_private_addresses_are_refused_whatever_name_they_have(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert Access().address_refusal("https://gea.esac.esa.int/", address) is not None
    assert Access(more_hosts=("gea.esac.esa.int",)).address_refusal("https://gea.esac.esa.int/", address) is None
    assert Access(more_hosts=("*.esac.esa.int",)).address_refusal("https://gea.esac.esa.int/", address) is not None


def test_public_addresses_are_not_refused() -> None:
    assert Access().address_refusal("https://gea.esac.esa.int/", "193.147.153.1") is None


def test_a_name_that_points_inside_is_refused_when_it_is_connected(service: str, tmp_path: Path) -> None:
    port = service.rpartition(":")[2]
    access = Access(more_hosts=(f"*.0.0.1:{port}", "*.localhost", "*.0.0.1"))  # a pattern, not the name of a machine
    with transport("record", tmp_path, "s", access=access) as seen, pytest.raises(HostRefused, match="private address"):
        requests.get(service + "/x", timeout=5, proxies={"http": "", "https": ""})
    assert seen.records[0]["error"]["class"] == "gnomon.HostRefused"
    with transport("playback", tmp_path, "s"), pytest.raises(HostRefused, match="private address"):
        requests.get(service + "/x", timeout=5)


def test_a_redirect_is_no_way_around_the_list(service: str, tmp_path: Path) -> None:
    def ask() -> None:
        with pytest.raises(HostRefused, match=r"elsewhere\.example\.org is not on the list"):
            requests.get(service + "/away", timeout=5)

    with transport("record", tmp_path, "s", access=Access(more_hosts=LOOPBACK)) as seen:
        ask()
    assert [r["status"] for r in seen.records] == [302, 0]
    with transport("playback", tmp_path, "s") as played:
        ask()
    assert not played.unused


def test_hosts_of_a_text() -> None:
    assert hosts_of(" A.example.org, ,127.0.0.1:80 ") == ("a.example.org", "127.0.0.1:80")


# --- how much, how often


def test_an_endless_reply_is_cut_and_told(service: str, tmp_path: Path) -> None:
    def ask() -> None:
        with pytest.raises(OSError, match="longer than 1 MiB"):
            requests.get(service + "/endless", timeout=5)

    with transport("record", tmp_path, "s", access=Access(more_hosts=LOOPBACK, max_bytes=2**20)):
        ask()
    with transport("playback", tmp_path, "s"):
        ask()
    assert not list(tmp_path.glob("bodies/*"))


def test_a_reply_that_takes_too_long_is_cut_and_told(service: str, tmp_path: Path) -> None:
    access = Access(more_hosts=LOOPBACK, seconds=0.2)
    with transport("record", tmp_path, "s", access=access), pytest.raises(OSError, match="not complete after"):
        requests.get(service + "/endless", timeout=5)


def test_paces() -> None:
    assert pace("export.arxiv.org") == 3.0
    assert pace("simbad.cds.unistra.fr") == 0.2
    assert pace("127.0.0.1") == pace("localhost") == pace("::1") == 0.0
    assert pace("unheard-of.example.org") > 0.0


def _take_turns(folder: str, queue: Any) -> None:
    access = Access(folder=folder)
    for _ in range(3):
        access.wait_for_turn("https://simbad.cds.unistra.fr/")
        queue.put(time.time())


def test_processes_take_turns_at_a_host(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [context.Process(target=_take_turns, args=(str(tmp_path), queue)) for _ in range(2)]
    for process in processes:
        process.start()
    times = sorted(queue.get(timeout=60) for _ in range(6))
    for process in processes:
        process.join()
    # Each turn is 0.2 s after the one before, whichever process has it; what is seen here comes a little later.
    assert times[-1] - times[0] >= 5 * 0.2 - 0.1


# --- inquiries


def _question(path: str) -> dict[str, Any]:
    return {"service": "The toy service", "path": path}


def _ask(service: str, path: str) -> Any:
    def ask() -> str:
        reply = requests.get(service + path, timeout=5)
        if reply.status_code != 200:
            raise ServiceError(f"The toy service answered {reply.status_code}.", retryable=True)
        return reply.text

    return inquire(_question(path), ask)


def test_an_inquiry_says_when_and_by_which_bytes(service: str, tmp_path: Path) -> None:
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "run", "s", access=access) as seen:
        value, asked = _ask(service, "/a")
    assert value == "answer 1 to /a"
    assert (asked.time, asked.sha256, asked.size) == (seen.records[0]["time"], seen.records[0]["sha256"], len(value))
    with transport("playback", tmp_path / "run", "s"):
        assert _ask(service, "/a") == (value, asked)


def test_an_old_reply_stands_in_for_a_service_that_is_down(service: str, tmp_path: Path) -> None:
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "1", "s", access=access):
        _ask(service, "/a")
        fresh, _ = _ask(service, "/a")
    assert fresh == "answer 2 to /a"
    _Service.mood = "ill"
    with (
        transport("record", tmp_path / "2", "s", access=access) as seen,
        pytest.warns(
            UserWarning, match=r"was not asked now \(The toy service answered 503\); what it answered on 20\d\d-"
        ),
    ):
        value, asked = _ask(service, "/a")
    assert value == fresh
    assert asked.stale == "The toy service answered 503."
    assert [r["status"] for r in seen.records] == [200]  # what the value follows from, and not the failure
    _Service.mood = "well"
    before = len(_Service.asked)
    with transport("playback", tmp_path / "2", "s") as played, pytest.warns(UserWarning, match="was not asked now"):
        assert _ask(service, "/a") == (value, asked)
    assert not played.unused
    assert len(_Service.asked) == before
    # An old reply is not put on the shelf again as a new one.
    with transport("record", tmp_path / "3", "s", access=access), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _ask(service, "/a")[0] != value


def test_without_an_old_reply_the_failure_is_told_and_played_back(service: str, tmp_path: Path) -> None:
    _Service.mood = "ill"
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    for mode in ("record", "playback"):
        with transport(mode, tmp_path / "1", "s", access=access), pytest.raises(ServiceError, match="503"):  # type: ignore[arg-type]
            _ask(service, "/a")


def test_what_a_tool_did_not_understand_is_not_kept(service: str, tmp_path: Path) -> None:
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))

    def ask() -> str:
        requests.get(service + "/a", timeout=5)
        raise BrokenReply("This is no table.")

    with transport("record", tmp_path / "1", "s", access=access), pytest.raises(BrokenReply):
        inquire(_question("/a"), ask)
    offline = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"), offline=True)
    with transport("record", tmp_path / "2", "s", access=offline), pytest.raises(NotOnRecord):
        inquire(_question("/a"), ask)


def test_a_refused_question_is_not_answered_with_an_old_reply(service: str, tmp_path: Path) -> None:
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "1", "s", access=access):
        _ask(service, "/a")
    strict = Access(folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "2", "s", access=strict), pytest.raises(HostRefused):
        _ask(service, "/a")


def test_offline_serves_what_is_known_and_names_what_is_missing(service: str, tmp_path: Path) -> None:
    online = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "1", "s", access=online):
        value, asked = _ask(service, "/a")
    count = len(_Service.asked)
    offline = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"), offline=True)
    with transport("record", tmp_path / "2", "s", access=offline):
        with pytest.warns(UserWarning, match=f"network is not to be used.*{asked.time[:10]}"):
            assert _ask(service, "/a")[0] == value
        with pytest.raises(NotOnRecord, match="never answered before: service: The toy service, path: /b"):
            _ask(service, "/b")
        with pytest.raises(NotOnRecord, match="GET"):  # outside of an inquiry
            requests.get(service + "/a", timeout=5)
    assert len(_Service.asked) == count
    with transport("playback", tmp_path / "2", "s"), pytest.warns(UserWarning, match="was not asked now"):
        assert _ask(service, "/a")[0] == value


def test_a_lost_body_is_as_if_nobody_had_asked(service: str, tmp_path: Path) -> None:
    online = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "1", "s", access=online):
        _ask(service, "/a")
    for body in (tmp_path / "home" / "replies" / "bodies").iterdir():
        body.unlink()
    offline = Access(folder=str(tmp_path / "home"), offline=True)
    with transport("record", tmp_path / "2", "s", access=offline), pytest.raises(NotOnRecord):
        _ask(service, "/a")


def test_inquiries_side_by_side_do_not_mix(service: str, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    paths = [f"/{n}" for n in range(24)]
    with transport("record", tmp_path / "1", "s", access=access), ThreadPoolExecutor(8) as pool:
        first = list(pool.map(lambda path: _ask(service, path), paths))
    _Service.mood = "ill"
    with (
        transport("record", tmp_path / "2", "s", access=access) as seen,
        ThreadPoolExecutor(8) as pool,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        second = list(pool.map(lambda path: _ask(service, path), paths))
    assert [v for v, _ in first] == [v for v, _ in second]
    assert len(seen.records) == 24
    with transport("playback", tmp_path / "2", "s") as played, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [_ask(service, path)[0] for path in paths] == [v for v, _ in first]
    assert not played.unused


def test_an_old_reply_that_does_not_answer_leaves_the_failure_on_record(service: str, tmp_path: Path) -> None:
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "1", "s", access=access):
        _ask(service, "/a")
    _Service.mood = "ill"

    def ask() -> str:
        replies = [requests.get(service + path, timeout=5) for path in ("/a", "/b")]
        if any(r.status_code != 200 for r in replies):
            raise ServiceError("The toy service is ill.", retryable=True)
        return replies[0].text

    for mode in ("record", "playback"):
        with transport(mode, tmp_path / "2", "s", access=access) as seen:  # type: ignore[arg-type]
            with pytest.raises(ServiceError, match="The toy service is ill"):
                inquire(_question("/a"), ask)
            assert [(r["status"], r.get("stale", "")) for r in seen.records] == [(503, ""), (503, "")]
    assert not seen.unused


def test_a_young_answer_is_as_good_as_a_new_one_until_the_question_changes(service: str, tmp_path: Path) -> None:
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))

    def ask(*paths: str) -> Any:
        return inquire(_question("/a"), lambda: [requests.get(service + p, timeout=5).text for p in paths], 60.0)

    with transport("record", tmp_path / "1", "s", access=access):
        first, when = ask("/a")
    with transport("record", tmp_path / "2", "s", access=access) as seen, warnings.catch_warnings():
        warnings.simplefilter("error")  # it is no stale answer
        assert ask("/a") == (first, when)
    assert len(_Service.asked) == 1
    assert "stale" not in seen.records[0]
    # The same question is now asked in another way: what was kept does not answer it, and is not mixed in.
    with transport("record", tmp_path / "3", "s", access=access) as seen:
        second, _ = ask("/a", "/b")
    assert second == ["answer 2 to /a", "answer 3 to /b"]
    assert [r["url"].rpartition("/")[2] for r in seen.records] == ["a", "b"]
    with transport("playback", tmp_path / "3", "s") as played:
        assert ask("/a", "/b")[0] == second
    assert not played.unused


def test_notes_are_the_same_when_played_back(tmp_path: Path) -> None:
    with transport("record", tmp_path, "s"):
        assert [noted("job", lambda: "1"), noted("job", lambda: "2")] == ["1", "2"]

    def never() -> str:
        raise AssertionError

    with transport("playback", tmp_path, "s"):
        assert [noted("job", never), noted("job", never)] == ["1", "2"]
    assert noted("job", lambda: "3") == "3"


def test_no_pause_where_replies_are_on_record(tmp_path: Path) -> None:
    with transport("record", tmp_path, "s"):
        noted("job", lambda: "1")
    began = time.monotonic()
    with transport("playback", tmp_path, "s"):
        recorder.pause(30.0)
    assert time.monotonic() - began < 5.0

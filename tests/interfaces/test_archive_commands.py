"""`gnomon jobs`: what was left with archives, and ending it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest


class _Jobs(BaseHTTPRequestHandler):
    ended: ClassVar[list[str]] = []

    def do_DELETE(self) -> None:
        if self.path.endswith("/unknown"):
            self.send_error(404)
            return
        type(self).ended.append(self.path)
        self.send_response(303)
        self.send_header("Location", "/async")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[str]:
    _Jobs.ended = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Jobs)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/async"
    server.shutdown()
    server.server_close()


def leave(folder: Path, key: str, url: str) -> Path:
    place = folder / "archives" / "jobs"
    place.mkdir(parents=True, exist_ok=True)
    told = {"service": "The test archive", "url": url, "text": "SELECT 1", "time": "2026-01-01T00:00:00Z"}
    (place / f"{key}.json").write_text(json.dumps(told))
    return place / f"{key}.json"


def test_no_jobs(gnomon: Callable[..., Any]) -> None:
    said = gnomon("jobs")
    assert (said.code, said.out) == (0, "No jobs are left with any archive.\n")
    assert gnomon("jobs", "--json").json == {"jobs": []}


def test_jobs_are_listed_and_ended(gnomon: Callable[..., Any], environment: dict[str, str], service: str) -> None:
    home = Path(environment["GNOMON_HOME"])
    left = [leave(home, "a", f"{service}/1"), leave(home, "b", f"{service}/unknown")]
    said = gnomon("jobs")
    assert f"The test archive  left 2026-01-01T00:00:00Z  {service}/1" in said.out
    assert all(path.exists() for path in left)
    ended = gnomon("jobs", "--end", "--json")
    assert ended.code == 0
    assert [j["ended"] for j in ended.json["jobs"]] == [True, True]  # what the service forgot is forgotten here
    assert _Jobs.ended == ["/async/1"]
    assert not any(path.exists() for path in left)


def test_a_service_that_is_down_keeps_its_jobs(gnomon: Callable[..., Any], environment: dict[str, str]) -> None:
    path = leave(Path(environment["GNOMON_HOME"]), "a", "http://127.0.0.1:1/async/1")
    said = gnomon("jobs", "--end")
    assert said.code == 1
    assert "Not ended, and kept: The test archive refuses connections." in said.err
    assert path.exists()
    assert "Traceback" not in said.err

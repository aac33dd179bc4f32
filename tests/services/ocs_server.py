"""A portal of the Observatory Control System on loopback: request groups over its published API, and faults on purpose.

It follows github.com/observatorycontrolsystem/observation-portal at 31c2ddd (`requestgroups/viewsets.py`, `serializers.py`, `filters.py`,
`models.py`): what is required, what is refused and in which words, states, paging and the filter by name.  Visibility, time
accounting and the instruments of a real observatory are not here.

`faults` are used up one by one by the requests that create a group; see `FAULTS`.

For people it is a place to try a hand-over on: `python tests/services/ocs_server.py 8653 KEY2026B-001` says its address and its token, and
forgets everything when it ends.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "portal-secret-5f3a9c"
FAULTS = (
    "timeout after accept",
    "timeout before accept",
    "500 after accept",
    "500",
    "half reply",
    "garbage",
    "403",
    "redirect",
    "slow",
    "cut before reply",
    "accepted but different",
    "web page",
    "409 after accept",
)
# What of these left the group at the portal.
ACCEPTED = {"timeout after accept", "500 after accept", "half reply", "garbage", "slow", "cut before reply", "accepted but different", "web page", "409 after accept"}  # fmt: skip
_TYPES = ("NORMAL", "RAPID_RESPONSE", "TIME_CRITICAL")
_CONFIGURATIONS = ("EXPOSE", "REPEAT_EXPOSE", "SPECTRUM", "REPEAT_SPECTRUM", "ARC", "LAMP_FLAT", "STANDARD")


class OcsServer(ThreadingHTTPServer):
    """The portal: `groups` are what it has, `posts` the names that were to be created, in order, `faults` what comes next."""

    daemon_threads = True

    def __init__(self, proposals: tuple[str, ...] = ("P1", "P2"), hang: float = 3.0, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.proposals = proposals
        self.hang = hang
        self.groups: list[dict[str, Any]] = []
        self.posts: list[str] = []
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.elsewhere = "http://127.0.0.2:9/"
        self.observations: dict[int, list[dict[str, Any]]] = {}
        self.lock = threading.Lock()
        self.closing = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away in the middle are what this server is for."""

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            number = 1000 + len(self.groups)
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            group = {
                **json.loads(json.dumps(body)),
                "id": number,
                "submitter": "astronomer",
                "state": "PENDING",
                "created": now,
                "modified": now,
            }
            for n, request in enumerate(group["requests"]):
                request |= {"id": number * 100 + n, "state": "PENDING", "acceptability_threshold": 90.0}
                for window in request["windows"]:  # as the portal's serializer writes times
                    window |= {
                        k: datetime.fromisoformat(window[k]).isoformat().replace("+00:00", "Z")
                        for k in ("start", "end")
                    }
            self.groups.append(group)
            return group

    def errors(self, body: Any) -> dict[str, Any]:
        """What the serializers would refuse."""
        out: dict[str, Any] = {}
        if not isinstance(body, dict):
            return {"non_field_errors": ["Invalid data."]}
        for key in ("name", "proposal", "operator", "observation_type", "ipp_value", "requests"):
            if body.get(key) in (None, "", []):
                out[key] = ["This field is required."]
        if out:
            return out
        if len(body["name"]) > 50:
            out["name"] = ["Ensure this field has no more than 50 characters."]
        if body["proposal"] not in self.proposals:
            out["non_field_errors"] = ["You do not belong to the proposal you are trying to submit with"]
        if not 0.5 <= body["ipp_value"] <= 2.0:
            out["non_field_errors"] = ["requestgroups ipp_value must be >= 0.5, <= 2.0"]
        if body["observation_type"] not in _TYPES:
            out["observation_type"] = [f'"{body["observation_type"]}" is not a valid choice.']
        if body["operator"] == "SINGLE" and len(body["requests"]) > 1:
            out["non_field_errors"] = ["'Single' type requestgroups must have exactly one child request."]
        if body["operator"] == "MANY" and len(body["requests"]) == 1:
            out["non_field_errors"] = ["'Many' type requestgroups must have more than one child request."]
        wrong = [_request_errors(r) for r in body["requests"]]
        if any(wrong):
            out["requests"] = wrong
        return out


def _request_errors(request: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key in ("configurations", "windows", "location"):
        if not request.get(key):
            out[key] = ["This field is required."]
    if out:
        return out
    if "telescope_class" not in request["location"]:
        out["location"] = {"telescope_class": ["This field is required."]}
    for window in request["windows"]:
        if datetime.fromisoformat(window["start"]) >= datetime.fromisoformat(window["end"]):
            out["windows"] = [{"non_field_errors": ["Window end time cannot be earlier than start time."]}]
    for configuration in request["configurations"]:
        for key in ("type", "instrument_type", "target", "constraints", "instrument_configs", "acquisition_config", "guiding_config"):  # fmt: skip
            if configuration.get(key) in (None, "", []):
                out["configurations"] = [{key: ["This field is required."]}]
        if configuration.get("type") not in _CONFIGURATIONS:
            out["configurations"] = [{"type": ["not a valid choice."]}]
    return out


class _Handler(BaseHTTPRequestHandler):
    server: OcsServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        pass

    def _say(self, status: int, document: Any, *, cut: int = 0, kind: str = "application/json") -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - cut] if cut else body)
        if cut:
            self.close_connection = True

    def _body(self) -> Any:
        try:
            return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        except ValueError:
            return None

    def _known(self) -> bool:
        return self.headers.get("Authorization") == f"Token {TOKEN}"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append(f"GET {self.path}")
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        if not self._known():  # anonymous people see public proposals only, and here is none
            return self._say(200, {"count": 0, "next": None, "previous": None, "results": []})
        if parts.path == "/api/requestgroups/":
            with self.server.lock:
                found = [g for g in reversed(self.server.groups) if query.get("name", "").lower() in g["name"].lower()]
            limit = int(query.get("limit", 10))
            more = f"{self.server.url}{parts.path}?offset={limit}" if len(found) > limit else None
            return self._say(200, {"count": len(found), "next": more, "previous": None, "results": found[:limit]})
        if parts.path.startswith("/api/requests/") and parts.path.endswith("/observations/"):
            return self._say(200, self.server.observations.get(int(parts.path.split("/")[3]), []))
        return self._say(404, {"detail": "Not found."})

    def do_POST(self) -> None:
        self.server.asked.append(f"POST {self.path}")
        body = self._body()
        if not self._known():
            return self._say(401, {"detail": "Authentication credentials were not provided."})
        if self.path == "/api/requestgroups/validate/":
            errors = self.server.errors(body)
            seconds = 0 if errors else sum(
                c["exposure_time"] * c["exposure_count"] for r in body["requests"] for f in r["configurations"] for c in f["instrument_configs"]
            )  # fmt: skip
            return self._say(200, {"request_durations": {"duration": seconds} if not errors else {}, "errors": errors})
        if self.path == "/api/requestgroups/":
            return self._create(body)
        if self.path.endswith("/cancel/"):
            number = int(self.path.split("/")[3])
            for group in self.server.groups:
                if group["id"] == number:
                    if group["state"] != "PENDING":
                        return self._say(400, {"errors": [f"Cannot transition from {group['state']} to CANCELED"]})
                    group["state"] = "CANCELED"
                    return self._say(200, group)
        return self._say(404, {"detail": "Not found."})

    def _create(self, body: Any) -> None:
        with self.server.lock:
            self.server.posts.append(str((body or {}).get("name")))
            fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault == "403":
            return self._say(403, {"detail": "You do not have permission to perform this action."})
        if fault == "500":
            return self._say(500, b"<h1>Server Error (500)</h1>", kind="text/html")
        if fault == "timeout before accept":
            self.server.closing.wait(self.server.hang)
            self.close_connection = True
            return None
        if fault == "redirect":
            self.send_response(307)
            self.send_header("Location", self.server.elsewhere)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        if errors := self.server.errors(body):
            return self._say(400, errors)
        if fault == "accepted but different":
            body = json.loads(json.dumps(body))
            body["requests"][0]["configurations"][0]["instrument_configs"][0]["exposure_count"] += 1
        group = self.server.create(body)
        if fault == "timeout after accept":
            self.server.closing.wait(self.server.hang)
            self.close_connection = True
            return None
        if fault == "500 after accept":
            return self._say(500, {"detail": "Internal error"})
        if fault == "409 after accept":
            return self._say(409, {"detail": "It is there."})
        if fault == "half reply":
            return self._say(201, group, cut=40)
        if fault == "garbage":
            return self._say(201, b'{"id": 12, "name": NaNaN')
        if fault == "web page":
            return self._say(200, b"<html><h1>Log in</h1></html>", kind="text/html")
        if fault == "cut before reply":
            self.close_connection = True
            self.connection.close()
            return None
        if fault == "slow":
            time.sleep(0.3)
        return self._say(201, group)


@contextmanager
def ocs_server(**how: Any) -> Iterator[OcsServer]:
    """A portal that runs while the context lasts."""
    server = OcsServer(**how)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


if __name__ == "__main__":
    with ocs_server(port=int(sys.argv[1]), proposals=tuple(sys.argv[2:]) or ("P1", "P2")) as portal:
        sys.stdout.write(f"{portal.url}, token {TOKEN}, proposals {', '.join(portal.proposals)}; Ctrl-C ends it\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()

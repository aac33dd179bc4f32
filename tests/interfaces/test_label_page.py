"""Labels taken on a page: who may, what is kept, and what is left when the process is killed."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")


class Page:
    """The command that serves a page, and a client that has its address."""

    def __init__(self, command: Any, err: Path) -> None:
        self.command, self.err = command, err
        limit = time.monotonic() + 120
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/#(\S+)", err.read_text())):
            assert command.poll() is None and time.monotonic() < limit, err.read_text()
            time.sleep(0.05)
        self.port, self.token = int(found[1]), found[2]

    def ask(self, method: str, path: str, sent: Any = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = None if sent is None else sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        connection.request(method, path, body, {"X-Token": self.token, **headers})
        answer = connection.getresponse()
        told = answer.status, answer.read(), dict(answer.getheaders())
        connection.close()
        return told

    def next(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.ask("GET", "/next")[1])
        return told


@pytest.fixture
def opened(starter: Any, environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Starts the command in a process of its own; it is ended with the test."""
    started = []
    a, b = np.random.default_rng(1).normal(size=(2, 80))
    rows = [f"p{i},{x:.6f},{y:.6f}" for i, (x, y) in enumerate(zip(a, b, strict=True))]
    (tmp_path / "pool.csv").write_text("name,a,b\n" + "\n".join(rows) + "\n")

    def run(*more: str) -> Page:
        out, err = tmp_path / "out.txt", tmp_path / f"err{len(started)}.txt"
        arguments = ["label", "toy_rings", "--data", str(tmp_path / "pool.csv"), "--page", "-n", "4", *more]
        with out.open("wb") as o, err.open("wb") as e, Path("/dev/null").open("rb") as nothing:
            command = starter.start(arguments, environment, tmp_path, (nothing.fileno(), o.fileno(), e.fileno()))
        started.append(command)
        return Page(command, err)

    yield run
    for command in started:
        command.kill()
        command.wait(60)


def _labels(path: Path) -> dict[str, str]:
    with path.open(newline="") as stream:
        return {row["name"]: row["label"] for row in csv.DictReader(stream)}


def test_labels_go_where_those_of_the_terminal_go_and_change_what_is_asked_next(
    opened: Callable[..., Page], gnomon: Callable[..., Any], tmp_path: Path
) -> None:
    page = opened()
    told = page.next()
    assert told["classes"] == ["outside", "inside"] and told["labelled"] == 0 and len(told["next"]) == 4
    first, second = told["next"][0], told["next"][1]
    status, picture, headers = page.ask("GET", f"/picture/{first['number']}")
    assert status == 200 and picture.startswith(b"\x89PNG") and headers["Content-Type"] == "image/png"
    assert json.loads(page.ask("POST", "/label", {"name": first["name"], "label": "inside"})[1]) == {"labelled": 1}
    page.ask("POST", "/label", {"name": second["name"], "label": "inside"})
    page.ask("POST", "/label", {"name": second["name"], "label": "outside"})  # went back; the last one counts
    assert _labels(tmp_path / "labels.csv") == {first["name"]: "inside", second["name"]: "outside"}
    names = {row["name"] for row in page.next()["next"]}
    assert len(names) == 4 and not names & {first["name"], second["name"]}
    assert page.ask("POST", "/end", {})[0] == 200
    assert page.command.wait(60) == 0 and "3 labels were taken" in page.err.read_text()
    ranked = gnomon("label", "toy_rings", "--data", tmp_path / "pool.csv", "--labels", tmp_path / "labels.csv", "--json")  # fmt: skip
    assert ranked.json["labelled"] == 2


def test_who_has_no_token_or_comes_by_another_name_is_refused(opened: Callable[..., Page], tmp_path: Path) -> None:
    page = opened()
    for method, path, headers in (
        ("GET", "/next", {"X-Token": ""}),
        ("GET", "/picture/0", {"X-Token": "guessed"}),
        ("GET", "/next", {"Host": f"evil.example:{page.port}"}),
        ("GET", "/", {"Host": "evil.example"}),
        ("POST", "/label", {"X-Token": "é".encode().decode("latin-1")}),
        ("POST", "/end", {"X-Token": page.token[:-1]}),
    ):
        sent = {"name": "p0", "label": "inside"} if method == "POST" else None
        assert page.ask(method, path, sent, **headers)[0] == 403, (method, path)
    assert not (tmp_path / "labels.csv").exists() and page.command.poll() is None
    status, body, headers = page.ask("GET", "/", None, **{"X-Token": ""})
    assert status == 200 and page.token.encode() not in body and b"p0" not in body
    nonce = re.search(r"script-src 'nonce-([^']+)'", headers["Content-Security-Policy"])
    assert nonce and f'<script nonce="{nonce[1]}">'.encode() in body and headers["Cache-Control"] == "no-store"


def test_what_is_no_label_is_answered_with_a_sentence_and_not_kept(opened: Callable[..., Page], tmp_path: Path) -> None:
    page = opened()
    for sent, said in (
        ({"name": "p0", "label": "sideways"}, "is no class"),
        ({"name": 3, "label": "inside"}, "is no class"),
        ({"label": "inside"}, "no label"),
        ([1], "no label"),
        (b"{", "no label"),
    ):
        status, body, _headers = page.ask("POST", "/label", sent)
        assert status == 400 and said in json.loads(body)["error"], sent
    assert page.ask("POST", "/label", b"x" * 20_000)[0] == 413
    assert page.ask("GET", "/picture/999999")[0] == 404 and page.ask("GET", "/../labels.csv")[0] == 404
    assert not (tmp_path / "labels.csv").exists()


def test_a_killed_page_loses_no_label_that_it_has_taken(opened: Callable[..., Page], tmp_path: Path) -> None:
    page = opened()
    taken = {}
    for row in page.next()["next"][:3]:
        assert page.ask("POST", "/label", {"name": row["name"], "label": "inside"})[0] == 200
        taken[row["name"]] = "inside"
        if len(taken) == 3:
            page.command.kill()
    page.command.wait(60)
    assert _labels(tmp_path / "labels.csv") == taken
    again = opened().next()
    assert again["labelled"] == 3 and not {row["name"] for row in again["next"]} & set(taken)


def test_a_port_that_is_taken_is_told(opened: Callable[..., Page], gnomon: Callable[..., Any], tmp_path: Path) -> None:
    page = opened()
    said = gnomon("label", "toy_rings", "--data", tmp_path / "pool.csv", "--page", "--port", page.port)
    assert said.code == 2 and f"The port {page.port} cannot be had" in said.err

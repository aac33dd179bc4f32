"""Documents are taken out of archives by digest, and what cannot be had is told."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gnomon.eval.literature import fetch as module
from gnomon.eval.literature.fetch import Document, Package, fetch

TEXT = b"# A paper\n"
MARKED = b"<para>Stars &amp; planets</para>"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def package(kind: str, content: bytes, **changed: str) -> Package:
    paper = {"sha256": sha256(TEXT), **changed}
    documents = (
        Document("paper", "A paper", "en", "toy/paper.md", format="md", **paper),
        Document(
            "stars",
            "Stars",
            "en",
            "toy/stars.docbook",
            sha256(MARKED),
            "txt",
            "docbook",
            text_sha256=sha256(b"Stars & planets\n"),
        ),
    )
    return Package("toy", "1.0", kind, sha256(content), len(content), "MIT", documents)


def sdist() -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as tar:
        for name, content in {"toy/paper.md": TEXT, "toy/stars.docbook": MARKED, "toy/setup.py": b"raise"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return whole.getvalue()


def wheel() -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("toy/paper.md", TEXT)
        archive.writestr("toy/stars.docbook", MARKED)
    return whole.getvalue()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("documents", "archives"):
        (tmp_path / name).mkdir()
    return tmp_path / "documents", tmp_path / "archives"


@pytest.mark.parametrize(("kind", "name", "make"), [("sdist", "toy-1.0.tar.gz", sdist), ("wheel", "toy.whl", wheel)])
def test_only_what_is_listed_is_unpacked(kind: str, name: str, make: Any, folders: tuple[Path, Path]) -> None:
    documents, archives = folders
    (archives / name).write_bytes(make())
    assert fetch(package(kind, make()), documents, archives) == []
    assert {path.name: path.read_bytes() for path in documents.iterdir()} == {
        "paper.md": TEXT,
        "stars.txt": b"Stars & planets\n",
    }
    (archives / name).unlink()
    assert fetch(package(kind, make()), documents, archives) == [], "what is there is not fetched again"


def test_a_file_of_another_digest_is_not_written(folders: tuple[Path, Path]) -> None:
    documents, archives = folders
    (archives / "toy-1.0.tar.gz").write_bytes(sdist())
    (wrong,) = fetch(package("sdist", sdist(), sha256=sha256(b"other")), documents, archives)
    assert wrong == "toy 1.0 (sdist): toy/paper.md has another digest than the one listed (paper.md)."
    assert [path.name for path in documents.iterdir()] == ["stars.txt"]


def test_what_the_client_refuses_is_told(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        assert (Path(options["cwd"]) / "wanted.txt").read_text() == f"toy==1.0 --hash=sha256:{sha256(sdist())}\n"
        return subprocess.CompletedProcess(
            command, 1, "", "WARNING: x\nERROR: No matching distribution found for toy==1.0\n"
        )

    monkeypatch.setattr(module.subprocess, "run", run)
    assert fetch(package("sdist", sdist()), *folders) == [
        "toy 1.0 (sdist): ERROR: No matching distribution found for toy==1.0 (paper.md, stars.txt)."
    ]
    assert "--require-hashes" in asked[0]


def test_another_archive_than_the_listed_one_is_not_used(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        (Path(options["cwd"]) / "toy-1.0.tar.gz").write_bytes(sdist())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(module.subprocess, "run", run)
    (wrong,) = fetch(package("sdist", b"other"), *folders)
    assert wrong.startswith("toy 1.0 (sdist): the archive has another digest than the one listed")
    assert [list(folder.iterdir()) for folder in folders] == [[], []]

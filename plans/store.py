"""The artifact store: values addressed by the digest of their content, and the index of steps that need not run again.

Objects are written to a temporary file, synced and renamed into place, so an object is whole or not there.  The index is a
convenience over the journals: losing it loses reuse, never results.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import BaseModel, ConfigDict

from gnomon.plans.canonical import file_digest
from gnomon.tools.errors import GnomonError, StoreError
from gnomon.tools.kinds import KINDS, Codec
from gnomon.tools.registry import Kind


class Artifact(BaseModel):
    """One value of a kind in the store.

    ``digest`` is of the content (see the kind's codec), ``sha256`` of the stored bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    kind: str
    suffix: str
    sha256: str
    size: int
    preview: str


def _disk_sentence(error: OSError, path: Path) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(
            f"The disk that holds {path} is full.",
            remedy="Free some space there, then `gnomon resume`.",
        )
    return StoreError(
        f"{path} could not be written: {error.strerror or error}.",
        remedy="Check the folder's permissions and the disk.",
    )


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, sync it, and rename it into place.

    Raises
    ------
    StoreError
        Where the disk refuses; nothing is left behind.
    """
    handle = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
        os.close(descriptor)
        handle = Path(name)
        write(handle)
        with handle.open("rb") as stream:
            os.fsync(stream.fileno())
        handle.chmod(0o644)
        handle.replace(path)
        handle = None
    except OSError as error:
        raise _disk_sentence(error, path) from error
    finally:
        if handle is not None:
            handle.unlink(missing_ok=True)


class Store:
    """A folder of artifacts.

    Parameters
    ----------
    root : pathlib.Path
        Made where it is not there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            (root / "objects").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _disk_sentence(error, root) from error

    # ------------------------------------------------------------------ objects

    def path(self, digest: str, suffix: str) -> Path:
        """Where an object lies, or would lie."""
        return self.root / "objects" / digest[:2] / f"{digest}{suffix}"

    def touch(self, path: Path) -> bool:
        """Note that an object is in use now, and return whether it is here; what was used lately is not collected."""
        try:
            with self.removing():
                os.utime(path)
        except OSError:  # it is not here, or this store cannot be written, and so nothing is collected from it
            return path.exists()
        return True

    def removing(self) -> FileLock:
        """The lock under which objects are removed, so that one that `touch` found stays."""
        return FileLock(self.root / ".lock")

    def put_file(self, source: Path) -> str:
        """Copy a file in by the digest of its bytes, and return that digest."""
        try:
            sha256 = file_digest(source)
        except OSError as error:
            raise StoreError(
                f"{source} could not be read: {error.strerror}.", remedy="Check its name and permissions."
            ) from error
        target = self.path(sha256, ".file")
        if not self.touch(target):
            write_atomically(target, lambda part: _copy(source, part))
            if file_digest(target) != sha256:
                target.unlink()
                raise StoreError(f"{source} changed while it was read.", remedy="Try again when nothing writes to it.")
        return sha256

    def put(self, kind: Kind, value: Any) -> Artifact:
        """Check a value against its kind and store it.

        Raises
        ------
        StoreError
            Where the value is not what its kind says, or the disk refuses.
        """
        info = KINDS[kind.name]
        codec = info.codec
        fault = codec.check(value, info)
        if fault:
            raise StoreError(
                f"The result is not a good {kind.name}: {fault}.",
                remedy="This is a fault of the tool; please report it.",
            )
        digest = codec.digest(value)
        suffix = codec.suffix(value)
        target = self.path(digest, suffix)
        if not (self.touch(target) and _holds(codec, target, digest)):
            write_atomically(target, lambda part: codec.write(value, part))
        return Artifact(
            digest=digest,
            kind=str(kind),
            suffix=suffix,
            sha256=file_digest(target),
            size=target.stat().st_size,
            preview=codec.preview(value),
        )

    def get(self, artifact: Artifact) -> Any:
        """The value of an artifact, after checking the stored bytes.

        Raises
        ------
        StoreError
            Where the bytes are missing or altered.
        """
        self.verify(artifact)
        return KINDS[Kind.parse(artifact.kind).name].codec.read(self.path(artifact.digest, artifact.suffix))

    def has(self, artifact: Artifact) -> bool:
        """Whether the artifact's bytes are here and unaltered."""
        path = self.path(artifact.digest, artifact.suffix)
        return self.touch(path) and file_digest(path) == artifact.sha256

    def verify(self, artifact: Artifact) -> None:
        """Raise `StoreError` where the artifact's bytes are missing or altered."""
        path = self.path(artifact.digest, artifact.suffix)
        if not path.exists():
            raise StoreError(f"Artifact {artifact.digest[:12]} is not in the store.", remedy="Run the plan again.")
        if file_digest(path) != artifact.sha256:
            raise StoreError(
                f"Artifact {artifact.digest[:12]} was altered in the store.",
                remedy=f"Delete {path} and run the plan again.",
            )

    # ------------------------------------------------------------------ index of finished steps

    def _index(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.root / "index.sqlite", timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS steps (key TEXT PRIMARY KEY, record TEXT NOT NULL)")
        return connection

    def remember(self, key: str, record: dict[str, Any]) -> None:
        """Note that a step with this key has finished; `record` says with what."""
        try:
            with self._index() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO steps VALUES (?, ?)", (key, json.dumps(record, sort_keys=True))
                )
        except sqlite3.Error as error:
            raise StoreError(
                f"The index of finished steps could not be written: {error}.",
                remedy="Check the disk, then `gnomon resume`.",
            ) from error

    def recall(self, key: str) -> dict[str, Any] | None:
        """The record of a finished step whose artifact is still whole, or None."""
        try:
            with self._index() as connection:
                row = connection.execute("SELECT record FROM steps WHERE key = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            raise StoreError(
                f"The index of finished steps could not be read: {error}.",
                remedy=f"Delete {self.root / 'index.sqlite'}; only reuse is lost.",
            ) from error
        if row is None:
            return None
        record: dict[str, Any] = json.loads(row[0])
        if record.get("artifact") is not None and not self.has(Artifact.model_validate(record["artifact"])):
            return None
        return record


def _holds(codec: Codec, path: Path, digest: str) -> bool:
    """Whether a stored object still has the content that its name says; one that was damaged is written again."""
    try:
        return codec.digest(codec.read(path)) == digest
    except Exception:  # noqa: BLE001 - damaged bytes may make a reader fail in any way
        return False


def _copy(source: Path, part: Path) -> None:
    try:
        shutil.copyfile(source, part)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise GnomonError(
            f"{source} could not be copied: {error.strerror}.", remedy="Check its permissions."
        ) from error

"""The store: whole or not there, addressed by content, verified when read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from astropy.table import QTable
from astropy.units import d

from gnomon.plans.store import Store, write_atomically
from gnomon.tools.errors import StoreError
from gnomon.tools.registry import Kind

LIGHT_CURVE = Kind("LightCurve")


def curve(n: int = 10, **meta: object) -> QTable:
    return QTable({"time": np.arange(float(n)) * d, "flux": np.ones(n), "flux_err": np.ones(n)}, meta=dict(meta))


def test_round_trip_and_address(store: Store) -> None:
    artifact = store.put(LIGHT_CURVE, curve(object="x"))
    again = store.put(LIGHT_CURVE, curve(object="x"))
    assert artifact == again
    back = store.get(artifact)
    assert back["time"].unit == d
    assert back.meta["object"] == "x"
    assert store.put(LIGHT_CURVE, back).digest == artifact.digest


@pytest.mark.parametrize(
    "other",
    [
        curve(11),
        curve(object="y"),
        QTable({"time": np.arange(10.0) * 86400 * d / d * d, "flux": np.ones(10), "flux_err": np.ones(10)}),
    ],
)
def test_other_content_has_another_address(store: Store, other: QTable) -> None:
    assert store.put(LIGHT_CURVE, other).digest != store.put(LIGHT_CURVE, curve()).digest


def test_long_tables_and_short_ones_agree(store: Store) -> None:
    """The digest is of the content, not of the file format."""
    from gnomon.tools.kinds import tables

    table = curve(50)
    for suffix in (".ecsv", ".parquet"):
        tables.write(table, store.root / f"x{suffix}")
        assert tables.digest(tables.read(store.root / f"x{suffix}")) == tables.digest(table)


def test_nan_mask_and_byte_order_in_the_digest() -> None:
    from gnomon.tools.kinds import tables

    plain, swapped = curve(), curve()
    swapped["flux"] = swapped["flux"].astype(">f8")
    assert tables.digest(plain) == tables.digest(swapped)
    masked, nan = curve(), curve()
    masked["flux"] = np.ma.masked_array(masked["flux"], mask=[True] + [False] * 9)
    nan["flux"][0] = np.nan
    assert len({tables.digest(t) for t in (plain, masked, nan)}) == 3


def test_refuses_what_is_not_of_the_kind(store: Store) -> None:
    for value, word in (
        (curve()["time", "flux"], "flux_err"),
        ({"time": 1}, "table"),
        (QTable({"time": np.ones(2), "flux": [1, 1], "flux_err": [1, 1]}), "unit"),
    ):
        with pytest.raises(StoreError, match=word):
            store.put(LIGHT_CURVE, value)
    assert not [p for p in (store.root / "objects").rglob("*") if p.is_file()]


def test_altered_bytes_are_seen(store: Store) -> None:
    artifact = store.put(LIGHT_CURVE, curve())
    path = store.path(artifact.digest, artifact.suffix)
    path.write_bytes(path.read_bytes().replace(b"9.0 1.0", b"9.0 2.0"))
    assert not store.has(artifact)
    with pytest.raises(StoreError, match="altered"):
        store.get(artifact)
    path.unlink()
    with pytest.raises(StoreError, match="not in the store"):
        store.get(artifact)


def test_full_disk_leaves_nothing(tmp_path: Path) -> None:
    def fill(part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StoreError, match="full"):
        write_atomically(tmp_path / "out" / "file", fill)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(
    not Path("/dev/full").exists() or os.geteuid() != 0, reason="NOT TESTED: needs root to mount a small file system"
)
def test_real_full_disk(tmp_path: Path) -> None:
    import subprocess

    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(mount)], capture_output=True).returncode:
        pytest.skip("NOT TESTED: this machine does not let a test mount a small file system")
    try:
        store = Store(mount / "store")
        with pytest.raises(StoreError, match="full"):
            store.put(LIGHT_CURVE, curve(19_000))
        assert not [p for p in (store.root / "objects").rglob("*") if p.is_file()]
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def test_index_forgets_what_is_no_longer_whole(store: Store) -> None:
    artifact = store.put(LIGHT_CURVE, curve())
    store.remember("key", {"artifact": artifact.model_dump(), "run": "r"})
    assert store.recall("key") == {"artifact": artifact.model_dump(), "run": "r"}
    assert store.recall("other") is None
    store.path(artifact.digest, artifact.suffix).unlink()
    assert store.recall("key") is None

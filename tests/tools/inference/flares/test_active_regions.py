"""What is known of an active region at a time: only what had happened by then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.flares.active_regions import (
    HISTORY,
    KEYWORDS,
    SUNSPOTS,
    earlier_flares,
    read_regions,
    read_table,
    spots_before,
    tables_beside,
)
from gnomon.tools.inference.flares.region_features import history_features, keyword_features, sunspot_features


def _times(*said: str) -> np.ndarray:
    return np.array(said, dtype="datetime64[s]")


FLARES = {
    "noaa_ar": np.array([11158, 11158, 11158, 11999]),
    "start_time": _times("2011-02-13T17:28", "2011-02-14T10:00", "2011-02-15T01:44", "2011-02-20T00:00"),
    "end_time": _times("2011-02-13T17:47", "2011-02-14T10:20", "2011-02-15T02:06", "2011-02-20T00:10"),
    "class_number": np.array([3, 2, 4, 1]),
    "peak_flux_wm2": np.array([6.6e-5, 2e-6, 2.2e-4, 5e-7]),
}
REPORTS = {
    "noaa_ar": np.array([11158, 11158, 11160]),
    "issued": _times("2011-02-13", "2011-02-14", "2011-02-14"),
    "section": np.array(["I", "I", "IA"]),
    "area_msh": np.array([200.0, 400.0, 0.0]),
    "extent_deg": np.array([8.0, 12.0, 0.0]),
    "n_spots": np.array([10.0, 20.0, np.nan]),
    "mag_type": np.array(["Beta", "Beta-Gamma-Delta", "--"]),
    "mcintosh": np.array(["Dai", "Ekc", "--"]),
}


def test_only_flares_that_had_ended_count() -> None:
    # The X2 flare of 15 February was under way at 01:50.
    made = earlier_flares(np.array([11158, 11158]), _times("2011-02-15T01:50", "2011-02-15T03:00"), FLARES)
    told = dict(zip(HISTORY, made[0], strict=True))
    assert told["C flares in 24 h"] == 1 and told["M and X flares in 24 h"] == 0
    assert told["C flares"] == 1 and told["M and X flares"] == 1
    assert told["peak flux in 24 h"] == pytest.approx(2.0) and told["peak flux"] == pytest.approx(68.0)
    assert made[1, 1] == 1 and made[1, 3] == 2


def test_fading_is_exponential() -> None:
    made = earlier_flares(np.array([11158]), _times("2011-02-14T05:47:37"), FLARES)[0]
    assert made[6] == pytest.approx(66.0 * np.exp(-1.0)) and made[7] == pytest.approx(66.0 * np.exp(-0.25))


def test_a_region_without_flares_is_quiet_and_a_time_beyond_the_list_unknown() -> None:
    made = earlier_flares(np.array([12000, 12000]), _times("2011-02-15T12:00", "2011-03-15T12:00"), FLARES)
    assert made[0].tolist() == [0.0] * len(HISTORY) and np.isnan(made[1]).all()
    assert np.isnan(earlier_flares(np.array([11158]), _times("2011-02-15"), None)).all()


def test_spots_are_those_of_the_last_report_that_was_out() -> None:
    region = np.array([11158] * 4 + [11160, 11999])
    time = _times("2011-02-13T23:48", "2011-02-14T00:12", "2011-02-14T23:48", "2011-02-16T12:00", "2011-02-14T12:00", "2011-02-14T12:00")  # fmt: skip
    made, classes = spots_before(region, time, REPORTS)
    # The report dated 14 February comes out at 00:30.
    assert classes.tolist() == ["Dai", "Dai", "Ekc", "", "", ""]
    assert made[2].tolist() == [400, 12, 20, 1, 1, 5, 5, 3]
    assert made[4].tolist() == [0, 0, 0, 0, 0, -1, -1, -1]
    assert np.isnan(made[[3, 5]]).all()
    assert len(SUNSPOTS) == 8


def test_features_do_not_know_left_from_right() -> None:
    rng = np.random.default_rng(0)
    keywords = rng.lognormal(3.0, 1.0, (4, 25))
    mirrored = keywords.copy()
    for name in ("TOTFX", "EPSX", "MEANJZH", "MEANALP"):
        mirrored[:, KEYWORDS.index(name)] *= -1
    assert keyword_features(mirrored) == pytest.approx(keyword_features(keywords))
    tenfold = keywords.copy()
    tenfold[:, KEYWORDS.index("USFLUX")] *= 10
    apart = keyword_features(tenfold) - keyword_features(keywords)
    assert apart[:, KEYWORDS.index("USFLUX")] == pytest.approx(1.0)
    assert np.count_nonzero(apart) == 4
    assert history_features(np.zeros((1, 8)))[0, :4].tolist() == [0.0] * 4
    assert sunspot_features(np.array([[95.0, 0, 0, 0, 0, 0, 0, 0]]))[0, 0] == pytest.approx(2.0)


def test_lists_serve_only_beside_the_table_that_they_were_cut_with(tmp_path: Path) -> None:
    for name in ("sharp_dev.parquet", "sharp_other.parquet", "goes_flares_dev.parquet", "srs_dev.parquet", "x.parquet"):
        (tmp_path / name).write_bytes(b"")
    flares, reports = tables_beside(tmp_path / "sharp_dev.parquet")
    assert flares == tmp_path / "goes_flares_dev.parquet" and reports == tmp_path / "srs_dev.parquet"
    assert tables_beside(tmp_path / "sharp_other.parquet") == (None, None)
    assert tables_beside(tmp_path / "x.parquet") == (None, None)


def test_tables_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lacks the columns TOTBSQ"):
        read_regions({"TOTUSJH": [1.0], **{k: [1.0] for k in KEYWORDS[2:]}}, "a table")
    with pytest.raises(InputError, match="holds what is no number"):
        read_regions({key: ["much"] for key in KEYWORDS}, "a table")
    with pytest.raises(InputError, match="There is no file"):
        read_table(tmp_path / "none.parquet")
    (tmp_path / "bad.parquet").write_bytes(b"bad")
    with pytest.raises(InputError, match="is not a table"):
        read_table(tmp_path / "bad.parquet")

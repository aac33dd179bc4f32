"""The tool for types of RR Lyrae stars, with the weights that come along."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable, vstack

pytest.importorskip("torch")

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves import classify_rr_lyrae as module
from gnomon.tools.inference.light_curves.classify_rr_lyrae import classify_rr_lyrae
from gnomon.tools.inference.light_curves.simulate_rr_lyrae import simulate_rr_lyrae
from gnomon.tools.kinds import KINDS

KIND = KINDS["Classification"]
WEIGHTS = Path(module.__file__).parent / module.WEIGHTS[0]


def table_of(name: str, bands: dict[str, tuple[np.ndarray, ...]]) -> QTable:
    parts = []
    for band, (time, magnitude, error) in bands.items():
        flux = 10 ** (-0.4 * (magnitude - 27.5))
        parts.append(QTable({"object": np.full(len(time), name), "time": time * u.d, "band": np.full(len(time), band), "flux": flux, "flux_err": flux * error * np.log(10.0) / 2.5}))  # fmt: skip
    return vstack(parts)


def asked(table: QTable, **given: object) -> QTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return classify_rr_lyrae(table, WEIGHTS, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def observed(shared: Path) -> tuple[QTable, dict[str, str], dict[str, float]]:
    """Eight RR Lyrae stars of SDSS Stripe 82, Sesar et al. 2010, 2010ApJ...708..717S, which the weights were fitted to: this looks at the tool, the card has the scores."""
    pd = pytest.importorskip("pandas")
    objects = pd.read_parquet(shared / "ztf-s82" / "objects_dev.parquet").set_index("object_id")
    points = pd.read_parquet(shared / "ztf-s82" / "lightcurves_dev.parquet")
    stars = [n for t in ("RRab", "RRc") for n in objects.index[objects.subtype == t][:4]]
    tables = []
    for name in stars:
        mine = points[points.object_id == name]
        tables.append(table_of(name, {b: (g.mjd.to_numpy(), g.mag.to_numpy(float), g.magerr.to_numpy(float)) for b, g in mine.groupby("band")}))  # fmt: skip
    return vstack(tables), {n: objects.subtype[n] for n in stars}, {n: objects.period_d[n] for n in stars}


def test_the_weights_are_those_that_are_declared() -> None:
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == module.WEIGHTS[1]


def test_observed_stars_get_their_types_and_periods(observed: tuple[QTable, dict[str, str], dict[str, float]]) -> None:
    table, types, periods = observed
    said = asked(table)
    assert KIND.codec.check(said, KIND) is None and len(said) == len(types)
    assert sum(str(r["class"]) == types[str(r["name"])] for r in said) >= 7
    found = np.array([r["period"].to_value("d") / periods[str(r["name"])] for r in said])
    assert np.sum(np.abs(found - 1.0) < 1e-3) >= 7
    assert np.mean(said["in_domain"] < 0.01) < 0.3 and set(said["bands"]) == {"ugriz"}
    why = json.loads(said.meta["explanation"])
    assert why["objects"] == [str(n) for n in said["name"][:6]]
    part = why["parts"][0]
    assert all(len(x) == len(g) == len(a) <= 64 for x, g, a in zip(part["x"], part["given"], part["adds"], strict=True))


def test_one_band_and_a_known_period_are_enough() -> None:
    stars, codes = simulate_rr_lyrae(12, 8)
    said = [asked(table_of("star", {"r": bands["r"]}), period=period) for bands, period in stars]
    right = [str(s["class"][0]) == ("RRab", "RRc")[c] for s, c in zip(said, codes, strict=True)]
    assert np.mean(right) >= 0.75 and {str(s["bands"][0]) for s in said} == {"r"}


def test_the_order_of_stars_changes_nothing() -> None:
    stars, _codes = simulate_rr_lyrae(3, 9)
    tables = [table_of(f"s{i}", {b: bands[b] for b in "gr"}) for i, (bands, _p) in enumerate(stars)]
    forward, backward = asked(vstack(tables)), asked(vstack(tables[::-1]))
    assert list(backward["name"]) == list(forward["name"][::-1])
    assert backward["p_RRc"] == pytest.approx(forward["p_RRc"][::-1], abs=1e-5)


def test_noise_is_told_as_no_rr_lyrae_star() -> None:
    rng = np.random.default_rng(4)
    time = np.sort(rng.uniform(0.0, 900.0, 60))
    noise = table_of("noise", {b: (time, 17.0 + rng.normal(0.0, 0.2, 60), np.full(60, 0.02)) for b in "gri"})
    with pytest.warns(UserWarning, match="unlike the RR Lyrae stars"):
        said = classify_rr_lyrae(noise, WEIGHTS)
    assert said["in_domain"][0] < 0.01


def test_stars_that_cannot_be_folded_are_left_out_and_told() -> None:
    (bands, _period), _other = simulate_rr_lyrae(2, 10)[0]
    short = {"g": tuple(c[:10] for c in bands["g"])}
    brief = {"g": (np.linspace(0.0, 0.5, 30), 17.0 + np.arange(30) / 100.0, np.full(30, 0.01))}
    both = vstack([table_of("whole", {"g": bands["g"]}), table_of("short", short), table_of("brief", brief)])
    with pytest.warns(UserWarning, match="2 stars were left out: short has fewer than 15 points.*brief was seen for"):
        said = classify_rr_lyrae(both, WEIGHTS)
    assert list(said["name"]) == ["whole"]
    with pytest.raises(InputError, match="No star has a light curve that can be folded; short has"):
        classify_rr_lyrae(table_of("short", short), WEIGHTS)


def test_one_period_for_several_stars_is_refused() -> None:
    stars, _codes = simulate_rr_lyrae(2, 11)
    both = vstack([table_of(f"s{i}", {"g": bands["g"]}) for i, (bands, _p) in enumerate(stars)])
    with pytest.raises(InputError, match="One period was given for 2 stars"):
        classify_rr_lyrae(both, WEIGHTS, period=0.5)

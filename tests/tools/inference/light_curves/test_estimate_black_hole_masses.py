"""The tool that weighs black holes by light curves, with the weights that come along, and a small training of its model."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable, vstack

pytest.importorskip("torch")

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.training import Training
from gnomon.tools.inference.light_curves import estimate_black_hole_masses as module
from gnomon.tools.inference.light_curves import quasar_masses
from gnomon.tools.inference.light_curves.estimate_black_hole_masses import estimate_black_hole_masses
from gnomon.tools.inference.light_curves.quasar_masses import QuasarMasses
from gnomon.tools.inference.light_curves.quasar_statistics import STATISTICS
from gnomon.tools.inference.light_curves.simulate_quasars import QuasarCurve, simulate_quasars
from gnomon.tools.kinds import KINDS

KIND = KINDS["Measurements"]
WEIGHTS = Path(module.__file__).parent / module.WEIGHTS[0]


def table_of(curves: list[QuasarCurve]) -> QTable:
    parts = []
    letters = {355.1: "u", 468.6: "g", 616.6: "r", 748.0: "i", 893.2: "z", 971.2: "y"}
    for number, c in enumerate(curves):
        flux = 10 ** (-0.4 * (c.magnitude - 27.5))
        parts.append(QTable({"object": np.full(len(c.time), f"q{number:02d}"), "time": c.time * u.d, "band": np.full(len(c.time), letters[c.wavelength_nm]), "flux": flux, "flux_err": flux * c.error / 1.0857, "redshift": np.full(len(c.time), c.redshift)}))  # fmt: skip
    return vstack(parts)


def asked(table: QTable):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimate_black_hole_masses(table, WEIGHTS)


def test_the_weights_are_those_that_are_declared() -> None:
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == module.WEIGHTS[1]


@pytest.fixture(scope="module")
def known() -> tuple[QTable, np.ndarray]:
    """New quasars of the kind that was simulated."""
    curves, mass = simulate_quasars(60, 777)
    return table_of(curves), mass


def test_masses_of_new_quasars_come_back_within_their_intervals(known: tuple[QTable, np.ndarray]) -> None:
    table, mass = known
    said = asked(table)
    names = list(dict.fromkeys(said["of"]))
    assert KIND.codec.check(said, KIND) is None and len(said) == 3 * len(names) and len(names) > 55
    mass = mass[[int(n[1:]) for n in names]]
    narrow = said[(said["quantity"] == "log_black_hole_mass") & (said["level"] == 0.68)]
    wide = said[(said["quantity"] == "log_black_hole_mass") & (said["level"] == 0.95)]
    assert np.sqrt(np.mean((narrow["value"] - mass) ** 2)) < 0.65 < mass.std()
    assert 0.5 < np.mean((narrow["lower"] <= mass) & (mass <= narrow["upper"])) < 0.86
    assert np.mean((wide["lower"] <= mass) & (mass <= wide["upper"])) > 0.88
    assert np.all(wide["upper"] - wide["lower"] > narrow["upper"] - narrow["lower"])
    assert said.meta["model"]["name"] == "quasar_masses" and "simulated" in said.meta["model"]["card"]
    why = json.loads(said.meta["explanation"])
    assert why["objects"] == names[:6] and why["parts"][0]["labels"] == list(STATISTICS)


def test_a_star_that_pulsates_is_told_as_no_quasar() -> None:
    rng = np.random.default_rng(2)
    curves = []
    for _ in range(12):
        time = np.sort(rng.choice(np.arange(1500), 200, replace=False)) + rng.uniform(-0.2, 0.2, 200)
        phase = (time / rng.uniform(0.45, 0.7)) % 1.0
        curves.append(QuasarCurve(time, 17 + 0.8 * phase + rng.normal(0, 0.02, 200), np.full(200, 0.02), 1.0, 616.6))
    with pytest.warns(UserWarning, match="unlike the simulated quasars"):
        said = estimate_black_hole_masses(table_of(curves), WEIGHTS)
    assert np.mean(said["value"][said["quantity"] == "in_domain"] < 0.01) > 0.6


def test_real_stars_that_pulsate_are_told_as_no_quasars(shared: Path) -> None:
    """RR Lyrae stars of SDSS Stripe 82, Sesar et al. 2010, 2010ApJ...708..717S, with a redshift that they do not have."""
    pd = pytest.importorskip("pandas")
    objects = pd.read_parquet(shared / "ztf-s82" / "objects_dev.parquet")
    points = pd.read_parquet(shared / "ztf-s82" / "lightcurves_dev.parquet")
    stars = objects[objects["class"].str.contains("RR")].object_id[:20]
    points = points[points.object_id.isin(stars)]
    flux = 10 ** (-0.4 * (points.mag.to_numpy() - 27.5))
    table = QTable({"object": points.object_id.to_numpy(str), "time": points.mjd.to_numpy() * u.d, "band": points.band.to_numpy(str), "flux": flux, "flux_err": flux * points.magerr.to_numpy() / 1.0857, "redshift": np.ones(len(points))})  # fmt: skip
    said = asked(table)
    assert np.mean(said["value"][said["quantity"] == "in_domain"] < 0.01) > 0.8


def test_the_order_of_objects_changes_nothing(known: tuple[QTable, np.ndarray]) -> None:
    few = known[0][known[0]["object"] < "q06"]
    names = ["q04", "q01", "q05"]
    some = vstack([few[few["object"] == n] for n in names])
    whole, part = asked(few), asked(some)
    for name in names:
        ours, theirs = (t["value"][(t["of"] == name) & (t["level"] == 0.68)][0] for t in (part, whole))
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_without_redshifts_it_is_refused(known: tuple[QTable, np.ndarray]) -> None:
    table = known[0].copy()
    table.remove_column("redshift")
    with pytest.raises(InputError, match="without redshifts"):
        estimate_black_hole_masses(table, WEIGHTS)


def test_a_small_training_learns_and_repeats(tmp_path: Path) -> None:
    patch = pytest.MonkeyPatch()
    patch.setitem(quasar_masses._RECIPE, "cpu", replace(quasar_masses._RECIPE["cpu"], epochs=25, members=1, batch=64))
    try:
        model = QuasarMasses()
        examples = model.simulate(900, 5)
        train, validation, test = (
            examples.take(slice(0, 500)),
            examples.take(slice(500, 720)),
            examples.take(slice(720, 900)),
        )
        fitted, again = (
            model.fit(train, validation, "cpu", Training(tmp_path / name, 3, note=lambda _line: None)) for name in "ab"
        )
    finally:
        patch.undo()
    assert all(np.array_equal(again.tensors[k], v) for k, v in fitted.tensors.items())
    said = model.predict(fitted, test.inputs, "cpu")
    assert test.target is not None
    rms = model.metrics[0].function(test.target, said.value, test.extras)
    lines = model.baseline(train, test, 0)
    assert rms < model.metrics[0].function(test.target, lines["mean of all masses"], test.extras) - 0.2
    why = model.explain(fitted, {"statistics": test.inputs["statistics"][:5]}, "cpu").values["statistics"]
    middle = model.predict(fitted, {"statistics": fitted.tensors["scale.mean"][None]}, "cpu").value
    assert why.sum(axis=1) == pytest.approx(said.value[:5] - middle[0], abs=0.02)

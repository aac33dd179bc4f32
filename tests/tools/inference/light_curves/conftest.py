"""Simulated transit signals and a small training on them, which several tests read."""

from __future__ import annotations

import pytest

from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Fitted
from gnomon.tools.inference.hub.training import Recipe, Training
from gnomon.tools.inference.light_curves import transit_vetting
from gnomon.tools.inference.light_curves.transit_vetting import TransitVetting


@pytest.fixture(scope="session")
def transit_signals() -> Examples:
    """The first 280 are fitted to, the others calibrate."""
    return TransitVetting().simulate(500, 11)


@pytest.fixture(scope="session")
def small_vetting(transit_signals: Examples, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """Two networks of three epochs, and twenty trees."""
    patch = pytest.MonkeyPatch()
    patch.setitem(transit_vetting._RECIPE, "cpu", Recipe(epochs=3, batch=64, learning_rate=3e-3, members=2))
    patch.setattr(transit_vetting, "_TREES", {"max_iter": 20, "max_features": 0.3})
    try:
        training = Training(tmp_path_factory.mktemp("vetting"), 4, note=lambda _line: None)
        train, validation = transit_signals.take(slice(0, 280)), transit_signals.take(slice(280, 500))
        return TransitVetting().fit(train, validation, "cpu", training)
    finally:
        patch.undo()

"""Redshifts of quasars as bright as those that SDSS chose for spectra."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from gnomon.tools.inference.hub.models import Metric, Preset
from gnomon.tools.inference.hub.training import Recipe
from gnomon.tools.inference.redshifts.redshift_estimates import QUASAR_READING, Reading
from gnomon.tools.inference.redshifts.redshift_model import RedshiftModel, redshift_metrics

if TYPE_CHECKING:
    from gnomon.tools.inference.hub.examples import Examples


class QuasarRedshifts(RedshiftModel):
    """Densities of redshift of quasars; see `RedshiftModel`."""

    name: ClassVar[str] = "quasar_redshifts"
    title: ClassVar[str] = "Redshift densities of quasars from u, g, r, i and z"
    title_zh: ClassVar[str] = "由 ugriz 星等估计类星体红移的概率密度"
    object_class: ClassVar[str] = "QSO"
    reading: ClassVar[Reading] = QUASAR_READING
    metrics: ClassVar[tuple[Metric, ...]] = redshift_metrics(QUASAR_READING.outlier_cut)
    architecture: ClassVar[Mapping[str, Mapping[str, int]]] = {
        "cpu": {"members": 8, "width": 64, "components": 10},
        "gpu": {"members": 24, "width": 64, "components": 10},
    }
    recipe: ClassVar[Mapping[str, Recipe]] = {
        "cpu": Recipe(epochs=120, batch=32, learning_rate=4e-3, weight_decay=1e-3, patience=120, warmup=0.1),
        "gpu": Recipe(epochs=120, batch=32, learning_rate=4e-3, weight_decay=1e-3, patience=120, warmup=0.1),
    }
    biases: ClassVar[tuple[str, ...]] = (
        "Trained on 680 quasars with u below 19.6, few of them beyond a redshift of 2.5; those farther away are guessed.",
        "Emission lines in neighbouring bands look alike at some redshifts, so that densities have two peaks there, and the wrong one may be the higher.",
        "The host galaxy of a faint nucleus reddens it, which moves its redshift.",
        "A star or a galaxy gets a redshift too, and the guard does not tell most of them: it flags 20 per cent of the stars of the same set.",
        "Errors of the training magnitudes are not in the set; stated errors widen the density only where they exceed typical ones of SDSS.",
    )

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """Quasars from templates; see `gnomon.tools.inference.redshifts.simulate_photometry`."""
        from gnomon.tools.inference.redshifts.simulate_photometry import simulate_quasars

        return simulate_quasars(n, seed)

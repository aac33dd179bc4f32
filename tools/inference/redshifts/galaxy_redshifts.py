"""Redshifts of galaxies as bright as those of the main sample of SDSS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from gnomon.tools.inference.hub.models import Metric, Preset
from gnomon.tools.inference.hub.training import Recipe
from gnomon.tools.inference.redshifts.redshift_estimates import GALAXY_READING, Reading
from gnomon.tools.inference.redshifts.redshift_model import RedshiftModel, redshift_metrics

if TYPE_CHECKING:
    from gnomon.tools.inference.hub.examples import Examples


class GalaxyRedshifts(RedshiftModel):
    """Densities of redshift of galaxies; see `RedshiftModel`."""

    name: ClassVar[str] = "galaxy_redshifts"
    title: ClassVar[str] = "Redshift densities of galaxies from u, g, r, i and z"
    title_zh: ClassVar[str] = "由 ugriz 星等估计星系红移的概率密度"
    object_class: ClassVar[str] = "GALAXY"
    reading: ClassVar[Reading] = GALAXY_READING
    metrics: ClassVar[tuple[Metric, ...]] = redshift_metrics(GALAXY_READING.outlier_cut)
    architecture: ClassVar[Mapping[str, Mapping[str, int]]] = {
        "cpu": {"members": 8, "width": 64, "components": 6},
        "gpu": {"members": 24, "width": 96, "components": 6},
    }
    recipe: ClassVar[Mapping[str, Recipe]] = {
        "cpu": Recipe(epochs=80, batch=128, learning_rate=4e-3, weight_decay=1e-3, patience=80, warmup=0.1),
        "gpu": Recipe(epochs=120, batch=128, learning_rate=4e-3, weight_decay=1e-3, patience=120, warmup=0.1),
    }
    biases: ClassVar[tuple[str, ...]] = (
        "Trained on galaxies with spectra: r below about 18, u below 19.6, redshifts mostly below 0.2; fainter or farther ones get redshifts that are too low.",
        "Redshifts are drawn towards the middle of the training set, the farthest most.",
        "The training set does not say whether magnitudes were corrected for extinction; give them as SDSS lists them (modelMag).",
        "A star, a quasar or a blend gets a redshift too, and the guard does not tell most of them: it flags 6 per cent of the stars of the same set.",
        "Errors of the training magnitudes are not in the set; stated errors widen the density only where they exceed typical ones of SDSS.",
    )

    def simulate(self, n: int, seed: int, preset: Preset = "cpu") -> Examples:
        """Galaxies of the main sample from templates; see `gnomon.tools.inference.redshifts.simulate_photometry`."""
        from gnomon.tools.inference.redshifts.simulate_photometry import simulate_galaxies

        return simulate_galaxies(n, seed)

"""Probability maps of the sky: their cells, credible areas and distances, tiles of telescopes' fields that cover them, and galaxies inside."""

"""Redshifts of galaxies and quasars from their magnitudes, as probability densities."""

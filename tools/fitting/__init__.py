"""Searching for signals and fitting models to data."""

"""Catalogues on disk that are too large to be loaded: their partitions, cells of the sky, and how they are made."""

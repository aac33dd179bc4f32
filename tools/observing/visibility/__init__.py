"""When targets can be seen from sites: apparent places by linear algebra, limits, windows, and why there is none."""

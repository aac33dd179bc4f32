"""Services of tables: questions in ADQL, cones, the registry, and keeping their tables whole."""

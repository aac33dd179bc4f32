"""Where transient radio interference comes from, by records of a monitoring station in time."""

"""Events that recur: when transits, eclipses and other phases of an ephemeris come, and from where they are seen."""

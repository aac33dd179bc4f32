"""Solar flares: the probability of one of class M or above from the magnetic field of its active region."""

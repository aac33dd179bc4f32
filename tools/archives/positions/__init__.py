"""Where objects are: names, motions, and pairs of sources on the sky."""

"""Trained models of light curves: folded ones, irregular ones, and those in several bands."""

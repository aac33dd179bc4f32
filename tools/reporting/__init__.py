"""Measured values and figures for reports."""

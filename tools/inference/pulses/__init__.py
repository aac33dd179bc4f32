"""Pulses of radio waves: ranking the candidates of pulsar searches, and finding single dispersed pulses in filterbank data."""

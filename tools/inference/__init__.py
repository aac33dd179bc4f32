"""Trained models: the hub that all families stand on, and the families, each with its networks, weights, cards and tools."""

"""Brokers of alerts, the Transient Name Server, and circulars."""

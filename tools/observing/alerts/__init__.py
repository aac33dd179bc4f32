"""Alerts coming in: packets read into one form, kept once, judged by rules, and turned into proposals of observations."""

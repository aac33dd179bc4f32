"""Readers: what an attached file holds, recognised by content and never by name."""

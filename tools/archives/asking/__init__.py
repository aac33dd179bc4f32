"""Asking services: sessions with limits, the hosts that may be asked, jobs left with them, records of what was asked, and reading what they reply."""

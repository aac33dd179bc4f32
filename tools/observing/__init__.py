"""Planned observations: what can observe, what is wished, when it can be seen, who observes what, and how that is handed over."""

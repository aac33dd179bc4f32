"""The independent check of schedules: written from docs/reference/observing.md alone, it shares no code with what plans them."""

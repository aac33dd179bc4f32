"""The three documents that carry planned observations: telescopes, requests, schedules (docs/reference/observing.md)."""

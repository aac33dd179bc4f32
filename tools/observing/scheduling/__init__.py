"""Who observes what, when: schedules of many telescopes, made and changed."""

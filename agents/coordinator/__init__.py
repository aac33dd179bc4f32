"""The coordinator: what a question about observations needs besides the planner: which telescopes are meant, and from when on."""

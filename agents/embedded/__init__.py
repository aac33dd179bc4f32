"""The embedded planner: needs no key, no network and no model behind an interface."""

"""Facilities: speaking to the services that take observations, and the one tool that does it."""

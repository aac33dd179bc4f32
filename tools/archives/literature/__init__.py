"""Services that know papers."""

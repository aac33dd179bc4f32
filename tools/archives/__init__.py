"""Data services and catalogues: asking them, and putting together what they say."""

"""Parsers of documents: each makes blocks in reading order of one format, and says what it could not read."""

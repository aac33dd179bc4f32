"""Passages of documents that were found for a question, and what is quoted of them."""

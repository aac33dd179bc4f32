"""The literature memory: documents that were read, their passages, and how these are found and quoted."""

"""Files of data that archives keep: lists of them, and reading them."""

"""What can be done: plain typed functions with declared effects, and the registry that knows them."""

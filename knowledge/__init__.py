"""What is known: the words of the field, in two languages."""

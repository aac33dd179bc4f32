"""Where people meet Gnomon."""

"""Who decides: the conversation, the planners, the reporter."""

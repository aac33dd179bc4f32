"""The forms that drafts must have: JSON schemas written anew from what each facility publishes, with the version that was read."""

"""Discord: its objects to core values, and replies to its messages, files, buttons and edits."""

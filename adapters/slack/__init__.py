"""Slack: its objects to core values, and replies to its blocks, files and edits."""

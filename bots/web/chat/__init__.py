"""Talking with Lorelens on its page."""

"""The HTTP API, by which other platforms are added from outside."""

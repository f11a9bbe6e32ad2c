"""What a person starts: the command line, and one process for each platform."""

"""Who gets in: people, passwords, sessions, tokens, and what every response says to browsers."""

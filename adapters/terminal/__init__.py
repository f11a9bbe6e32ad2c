"""Lorelens in a terminal."""

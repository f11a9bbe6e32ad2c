"""Lorelens' own page and API as a platform: what is said there stands in Redis, where every process finds it."""

"""Platforms: their objects to and from core values, nothing else."""

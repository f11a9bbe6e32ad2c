"""Models behind an API: what they can do, and what to do when one is away."""

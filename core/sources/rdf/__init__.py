"""Knowledge graphs as a source."""

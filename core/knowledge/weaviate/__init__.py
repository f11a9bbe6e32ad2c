"""The knowledge index in Weaviate, for a team that outgrows one machine."""

"""The guard: an address that a person, a document or a search result named is fetched through here or not at all."""

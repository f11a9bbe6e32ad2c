"""A git repository as a source: a store of its own, and what is read of it."""

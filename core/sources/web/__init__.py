"""Web pages and sites as a source."""

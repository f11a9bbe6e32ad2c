"""Wikis as a source: Wikipedia, any MediaWiki, and dumps of them."""

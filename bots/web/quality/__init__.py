"""How good the answers are, on the page."""

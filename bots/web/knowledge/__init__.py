"""What is known, on the page: looked at, added to, searched and forgotten."""

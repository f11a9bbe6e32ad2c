"""Documents, how they are read, cut, indexed and found again."""

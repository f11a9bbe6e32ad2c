"""Standard Markdown, as a model writes it, prepared for chat platforms."""

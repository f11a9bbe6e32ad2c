"""What a model may call while it answers, one tool a file."""

"""Reading without a language model: the sentences that answer a question."""

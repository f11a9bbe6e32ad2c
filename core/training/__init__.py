"""Training a vision-language model on pairs of pictures, questions and answers."""

"""The project's own tiny vision-language model: drawn scenes, questions about them, and the recipe that learns them."""

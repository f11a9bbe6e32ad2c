"""A vision-language model in this process: loading, prompts, batched generation, and the LangChain model over it."""

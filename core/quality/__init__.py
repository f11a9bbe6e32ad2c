"""How good the answers are: what people say of them, and what is measured."""

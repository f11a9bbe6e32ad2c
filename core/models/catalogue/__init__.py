"""Choosing a model: what there is, what it needs, what this machine has, and what is to be recommended."""

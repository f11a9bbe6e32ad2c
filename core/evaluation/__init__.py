"""Evaluation: how well Lorelens finds, answers and declines on a team's own questions."""

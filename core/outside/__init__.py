"""The outside world: what may be asked beyond the team's own knowledge, where a workspace turned it on."""

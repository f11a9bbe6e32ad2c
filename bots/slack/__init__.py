"""The process that Slack talks to: what arrives is verified, kept and acknowledged; the worker beside it answers."""

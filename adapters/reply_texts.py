"""What is said of a reply in a person's language: what is being done, and what stands where it has no text."""

from adapters.texts import Texts
from core.reply import Reply, Status

SUGGESTIONS = 3
"""So many follow-up questions are shown."""
NOTES = {"stopped", "limit", "attachment"}
"""Failures that say what they are by themselves."""


def status_text(status: Status | None, texts: Texts) -> str:
    """What it is doing now, in words."""
    stages = {
        "thinking": texts.thinking,
        "searching": texts.searching,
        "looking": texts.looking,
        "reading": texts.reading,
        "writing": texts.writing,
        "waiting": texts.waiting,
    }
    return stages[status.stage] if status is not None else texts.thinking


def said_instead(reply: Reply, texts: Texts) -> str:
    """What stands where a reply has no text: nothing, where its pictures or its failure speak."""
    if reply.declined:
        return texts.declined
    return "" if reply.pictures or reply.failure is not None or reply.citations else texts.nothing_said

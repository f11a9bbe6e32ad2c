"""How soon and how often people see something of a reply that is under way; in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paces:
    """The paces of replies.

    After `grace` without a word it is said what is being done. A first text waits `together` for the rest: an answer
    that comes at once is posted at once. Additions to a stream, and edits of a message, are `stream` and `edit` apart,
    and up to `slower` times as much in the course of a long answer: Slack counts them for a whole workspace together.
    What only the asker sees is shown once before it is whole, after `a_while`, since it can be changed few times.
    """

    grace: float = 0.3
    together: float = 0.15
    stream: float = 1.0
    edit: float = 1.2
    slower: float = 3.0
    a_while: float = 6.0

"""How soon and how often people see something of a reply that is under way; in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paces:
    """The paces of replies.

    A reply that comes within `grace` is posted at once, whole, and a first text waits `together` for the rest. Until
    then Lorelens is seen typing, told anew after `typing`; after `a_while` without a word it is said what is being
    done, with a button to stop it. Edits are `edit` apart and up to `slower` times as much in the course of a long
    answer, more where Discord's headers say so.
    """

    grace: float = 0.3
    together: float = 0.15
    a_while: float = 4.0
    typing: float = 8.0
    edit: float = 1.2
    slower: float = 2.5

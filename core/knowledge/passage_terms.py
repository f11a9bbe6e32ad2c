"""The terms that a passage is found by, the same in every index."""

from core.knowledge.documents import Passage
from core.knowledge.terms import index_terms

TITLE_WEIGHT = 2
"""How often the words of title and headings count in a passage's full text."""
QUERY_TERMS = 256
"""More terms than this say no more about what is asked, and cost time."""


def passage_terms(passage: Passage) -> list[str]:
    """What a passage is found by: the words of its title and headings, weighed, and its own."""
    place = dict.fromkeys([passage.title, *passage.heading_path])
    return index_terms(" \n ".join(place)) * TITLE_WEIGHT + index_terms(passage.lead) + index_terms(passage.text)


def query_terms(text: str) -> list[str]:
    """What a question asks for, each term once, in order."""
    return list(dict.fromkeys(index_terms(text)))[:QUERY_TERMS]

"""Searching without an answer: the passages that fit best, numbered, each with its place, its words and its link."""

from core.actions.excerpts import excerpt, place_of, plain
from core.actions.words import words_in
from core.knowledge.index import Hit
from core.knowledge.search import KnowledgeSearch
from core.reply import Finished, ReplyPart, Text

RESULTS = 5
QUERY_CHARACTERS = 100


async def search(
    query: str, knowledge: KnowledgeSearch, audience: tuple[str, ...], *, chinese: bool, limit: int = RESULTS
) -> list[ReplyPart]:
    """The passages that fit a query best and that this audience may see, best first.

    Raises:
        IndexUnavailableError: the index can't be read.
    """
    words = words_in(chinese=chinese)
    if not query.strip():
        return [Text(text=words["say_what"]), Finished(declined=True)]
    shown = plain(query[:QUERY_CHARACTERS])
    hits = await knowledge.search(query, limit=limit, audience=audience)
    if not hits:
        return [Text(text=words["found_nothing"].format(query=shown)), Finished(declined=True)]
    results = [_result(number, hit, query, words) for number, hit in enumerate(hits, start=1)]
    title = f"**{words['found'].format(query=shown)}**"
    return [Text(text="\n\n".join([title, *results])), Finished()]


def _result(number: int, hit: Hit, query: str, words: dict[str, str]) -> str:
    passage = hit.passage
    text, sentence = excerpt(passage.text, query)
    section = passage.section_of(sentence)
    page = section.page if section is not None else passage.page
    place = place_of(
        passage.model_copy(update={"page": page}),
        words["page"].format(page=page),
        section.heading_path if section is not None else None,
    )
    kind = f" ({words['picture']})" if passage.kind == "picture" else ""
    return f"**{number}.** {place}{kind}\n> {text}"

"""Finding pictures: those that fit a description best, shown with where they come from."""

from core.actions.excerpts import place_of, plain
from core.actions.search import QUERY_CHARACTERS
from core.actions.words import words_in
from core.knowledge.index import Hit
from core.knowledge.search import KnowledgeSearch
from core.messages import Picture
from core.reply import Finished, ReplyPart, ShownPicture, Text

SHOWN = 3


async def pictures(
    query: str, knowledge: KnowledgeSearch, audience: tuple[str, ...], *, chinese: bool, limit: int = SHOWN
) -> list[ReplyPart]:
    """The pictures that fit a description best and that this audience may see, best first.

    Raises:
        IndexUnavailableError: the index can't be read.
    """
    words = words_in(chinese=chinese)
    if not query.strip():
        return [Text(text=words["say_what"]), Finished(declined=True)]
    shown = plain(query[:QUERY_CHARACTERS])
    hits = await knowledge.search(query, limit=limit, audience=audience, kinds=("picture",))
    if not hits:
        return [Text(text=words["pictures_nothing"].format(query=shown)), Finished(declined=True)]
    places = [
        f"**{number}.** {place_of(hit.passage, words['page'].format(page=hit.passage.page))}"
        for number, hit in enumerate(hits, start=1)
    ]
    text = "\n".join([f"**{words['pictures'].format(query=shown)}**\n", *places])
    return [Text(text=text), *(one for hit in hits if (one := _shown(hit)) is not None), Finished()]


def _shown(hit: Hit) -> ShownPicture | None:
    passage, facts = hit.passage, hit.passage.picture
    if facts is None:
        return None
    picture = Picture(
        sha256=facts.sha256,
        media_type=facts.media_type,
        width=facts.width,
        height=facts.height,
        name=passage.path.rpartition("/")[2],
        alt=facts.alt,
    )
    return ShownPicture(picture=picture, source=passage.path, caption=facts.alt or facts.caption or facts.appearance)

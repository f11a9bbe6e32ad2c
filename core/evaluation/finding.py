"""What is found for a question by itself, as the assistant would look for it, but deeper down the ranking."""

from core.evaluation.rankings import NDCG_DEPTH
from core.intent import what_is_wanted
from core.knowledge.index import Hit
from core.knowledge.search import CANDIDATES, KnowledgeSearch
from core.looking import Looking
from core.messages import Message
from core.retrieval import search_words
from core.turn import Turn


class Finding:
    """Looks things up for single questions; only what the audience may see is found."""

    def __init__(self, knowledge: KnowledgeSearch, looking: Looking, audience: tuple[str, ...]) -> None:
        self._knowledge = knowledge
        self._looking = looking
        self._audience = audience

    async def look_at(self, message: Message) -> Turn:
        """The question with what is read in its pictures and, where that is little, what they show."""
        turn = Turn(message=message, audience=self._audience, standalone=message.text, pictures=message.pictures)
        turn.wants = what_is_wanted(message.text, has_pictures=bool(message.pictures))
        turn.readings = [
            await self._looking.read(picture, number) for number, picture in enumerate(message.pictures, start=1)
        ]
        turn.descriptions = await self._looking.describe(turn)
        return turn

    async def passages(self, turn: Turn) -> list[Hit]:
        """As many passages as the search ranks, best first: they may all be of few documents."""
        if turn.wants == "similar":
            return await self._like(turn)
        return await self._knowledge.search(search_words(turn), limit=CANDIDATES, audience=self._audience)

    async def pictures(self, turn: Turn) -> list[Hit]:
        """Pictures, best first."""
        if turn.wants == "similar":
            return await self._like(turn)
        words = turn.standalone if turn.standalone.strip() else search_words(turn)
        return await self._knowledge.search(words, limit=NDCG_DEPTH, audience=self._audience, kinds=("picture",))

    async def _like(self, turn: Turn) -> list[Hit]:
        describe = not self._knowledge.sees_pictures
        sent = await self._looking.to_search(turn.pictures[0], turn.readings[0], describe=describe)
        if sent is None:
            return []
        return await self._knowledge.like(sent, limit=NDCG_DEPTH, audience=self._audience)

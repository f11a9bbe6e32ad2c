"""The desk at which what is outside is asked for: what there is, what a workspace turned on, within which bounds."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.errors import LorelensError
from core.knowledge.index import Hit
from core.language import detect_language, is_chinese
from core.outside.asking import Asked, Lookup
from core.outside.bounds import Bounds
from core.outside.finding import as_hits
from core.outside.intent import asked_for, without_asking
from core.outside.leaving import OwnWords
from core.outside.switches import Switches, workspace_of
from core.outside.tool import Say
from core.reply import Status
from core.turn import Turn

if TYPE_CHECKING:  # the MCP SDK takes a while to import
    from core.outside.mcp_server import McpServer

CALLED = {
    "web_search": ("the web", "网络"),
    "wikipedia": ("Wikipedia", "维基百科"),
    "knowledge_graph": ("the knowledge graph", "知识图谱"),
}


class Outside:
    """All outside sources of one process; closed after use.

    Args:
        lookups: what can be asked in words.
        servers: MCP servers.
        switches: what is on where.
        bounds: how much is asked.
    """

    def __init__(
        self,
        lookups: Sequence[Lookup],
        switches: Switches,
        *,
        servers: "Sequence[McpServer]" = (),
        bounds: Bounds | None = None,
    ) -> None:
        self._lookups = {one.name: one for one in lookups}
        self._servers = {one.switch: one for one in servers}
        self._switches = switches
        self.bounds = bounds or Bounds()

    @property
    def names(self) -> tuple[str, ...]:
        """The switches that there are."""
        return (*self._lookups, *self._servers)

    def on(self, turn: Turn) -> frozenset[str]:
        """Which of them are on where a turn's answer stands."""
        return self._switches.on(workspace_of(turn.message.place)) & frozenset(self.names)

    def servers_on(self, turn: Turn) -> "list[McpServer]":
        """The MCP servers that are on where a turn's answer stands."""
        on = self.on(turn)
        return [server for name, server in self._servers.items() if name in on]

    async def look(self, name: str, turn: Turn, proposed: str, say: Say) -> tuple[str, list[Hit], str]:
        """Ask one source for what a model, or the question, proposes.

        Answers what was sent, what was found, and what went wrong, in words for the model; the person is told in the
        answer.
        """
        chinese = is_chinese(turn.message.text)
        own = OwnWords.of(turn.message, turn.history)
        query = own.query(proposed, turn.standalone)
        said = CALLED[name][chinese]
        if not query.strip():
            return "", [], "There are no words in the person's messages to search for."
        say(Status(stage="searching", detail=f"{said}: {query}", source=name))
        asked = Asked(
            query=query,
            question=without_asking(turn.standalone or turn.message.text),
            language=detect_language(turn.message.text),
            chinese=chinese,
        )
        try:
            found = await self.bounds.ask(name, turn, lambda: self._lookups[name].look(asked))
        except LorelensError as error:
            self.note(turn, name)
            return query, [], f"{CALLED[name][0].capitalize()} could not be asked: {error.message}"
        return query, as_hits(found), ""

    async def look_first(self, turn: Turn, say: Say, *, is_answered: bool) -> list[Hit]:
        """What is outside, for a model that can't call tools: where the person asks for it, or where the team's own
        knowledge does not answer."""
        on = self.on(turn) & frozenset(self._lookups)
        if not on or turn.wants != "answer":
            return []
        named = asked_for(turn.message.text) & on
        if is_answered and not named:
            return []
        names = [name for name in self._lookups if name in (named or on)]
        wish = without_asking(turn.standalone or turn.message.text)
        found = await asyncio.gather(*(self.look(name, turn, wish, say) for name in names))
        return [hit for _, hits, _ in found for hit in hits]

    def is_asked_for(self, turn: Turn) -> bool:
        """Whether the person asks for an outside source that is on."""
        return bool(asked_for(turn.message.text) & self.on(turn))

    def note(self, turn: Turn, name: str) -> None:
        """Have the answer say that a source could not be asked."""
        called = CALLED.get(name) or (name.removeprefix("mcp:"), name.removeprefix("mcp:"))
        if is_chinese(turn.message.text):
            notice = f"{called[1]}目前无法查询，回答中没有用到。"
        else:
            notice = f"{called[0][:1].upper()}{called[0][1:]} could not be asked just now; this answer does without."
        turn.notices[notice] = None

    async def close(self) -> None:
        """Let go of connections and processes."""
        for one in (*self._lookups.values(), *self._servers.values()):
            await one.close()

"""What one served model can do: set by the operator, else remembered, else told by the server, else tried out.

A server that is away when Lorelens starts does not keep it from starting: the abilities are assumed, and asked for
again before a later answer.
"""

import asyncio
import logging
import time

from langchain_core.language_models import BaseChatModel

from core.models.served.capabilities import Ability, Capabilities
from core.models.served.described import Description, describe
from core.models.served.memory import CapabilityMemory, memory_key
from core.models.served.trying import NotAnsweredError, Trial

ASK_AGAIN_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Discovery:
    """Finds out, once, what a model can do; `sees_pictures` and `calls_tools` are the operator's word, if any."""

    def __init__(
        self,
        model: BaseChatModel,
        *,
        provider: str,
        name: str,
        base_url: str = "",
        api_key: str = "",
        sees_pictures: bool | None = None,
        calls_tools: bool | None = None,
        patience: float = 60.0,
        memory: CapabilityMemory | None = None,
    ) -> None:
        self._model = model
        self._provider = provider
        self._name = name
        self._base_url = base_url
        self._api_key = api_key
        self._patience = patience
        self._memory = memory or CapabilityMemory(None)
        self._lock = asyncio.Lock()
        self._asked_at: float | None = None
        self._known = Capabilities()
        if sees_pictures is not None:
            self._learn(Ability(able=sees_pictures, source="set"))
        if calls_tools is not None:
            self._learn(tools=Ability(able=calls_tools, source="set"))

    @property
    def known(self) -> Capabilities:
        """What is known by now."""
        return self._known

    async def capabilities(self) -> Capabilities:
        """What is known, after asking for what is not; asked again only after a while. Never raises, ends in time."""
        if self._known.certain:
            return self._known
        async with self._lock:
            waited = self._asked_at is None or time.monotonic() - self._asked_at > ASK_AGAIN_SECONDS
            if not self._known.certain and waited:
                try:
                    async with asyncio.timeout(2 * self._patience):
                        await self._find_out()
                except (NotAnsweredError, TimeoutError) as error:
                    reason = str(error) or "it took too long"
                    _log.warning("What the model %s can do could not be found out yet: %s", self._name, reason)
                self._asked_at = time.monotonic()
        return self._known

    async def _find_out(self) -> None:
        described = await describe(self._base_url, self._name, self._api_key) if self._base_url else Description()
        key = memory_key(self._provider, self._base_url, self._name, described.build)
        if remembered := self._memory.get(key):
            self._learn(remembered.pictures, remembered.tools, remembered.tool_pictures)
        self._learn(described.pictures, described.tools)
        self._known = self._known.model_copy(update={"context": described.context})
        try:
            await self._try_out(Trial(self._model, patience=self._patience))
        finally:
            self._memory.put(key, self._known.found())

    async def _try_out(self, trial: Trial) -> None:
        if not self._known.pictures.certain:
            self._learn(await trial.pictures())
        if not self._known.tools.certain:
            self._learn(tools=await trial.tools())
        if self._known.pictures.able and self._known.tools.able and not self._known.tool_pictures.certain:
            self._learn(tool_pictures=await trial.tool_pictures())

    def _learn(
        self, pictures: Ability | None = None, tools: Ability | None = None, tool_pictures: Ability | None = None
    ) -> None:
        """Take what is certain, where nothing certain is known yet."""
        found = {"pictures": pictures, "tools": tools, "tool_pictures": tool_pictures}
        known = self._known
        new = {
            name: ability
            for name, ability in found.items()
            if ability is not None and ability.certain and not getattr(known, name).certain
        }
        self._known = known.model_copy(update=new)

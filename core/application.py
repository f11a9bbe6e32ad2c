"""Lorelens put together from its settings: each part is opened when it is first needed, and all are closed together."""

import asyncio
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from config.settings import Settings
from core.turn import PictureSource

if TYPE_CHECKING:  # each of these costs time to import, and most commands need few of them
    from core.assistant import Assistant
    from core.captioning import Captioner
    from core.conversations import Conversations
    from core.explaining.explainer import Explainer
    from core.knowledge.access import KnowledgeAccess
    from core.knowledge.index import KnowledgeIndex
    from core.knowledge.ingest import Reader
    from core.knowledge.late_interaction import LateInteraction
    from core.knowledge.ledger import Ledger
    from core.knowledge.picture_files import PictureFiles
    from core.knowledge.rerankers import CrossEncoderReranker
    from core.knowledge.saved import SavedNotes
    from core.knowledge.search import KnowledgeSearch
    from core.models.chat import ChatModel
    from core.models.encoder import Encoder
    from core.models.ocr import OcrReader
    from core.models.picture_encoder import PictureEncoder
    from core.outside.desk import Outside
    from core.sources.channels.follower import ChannelFollower
    from core.sources.configured import ConfiguredSources
    from core.sources.schedule import Schedule
    from core.sources.syncing import Syncing


class Application:
    """The parts of one running Lorelens. Use it as `async with Application(settings) as application`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data: Path = settings.data_folder
        self._index: KnowledgeIndex | None = None
        self._conversations: Conversations | None = None
        self._chat: ChatModel | None = None
        self._chat_lock = asyncio.Lock()

    async def __aenter__(self) -> "Application":
        """Open nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""
        if "schedule" in self.__dict__:
            await self.schedule.close()
        if "outside" in self.__dict__ and self.outside is not None:
            await self.outside.close()
        if "saved_notes" in self.__dict__:
            await self.saved_notes.close()
        if "channel_follower" in self.__dict__:
            await self.channel_follower.close()
        if self._chat is not None:
            await self._chat.close()
        if self._conversations is not None:
            await self._conversations.close()
        if self._index is not None:
            await self._index.close()
        if "ledger" in self.__dict__:
            self.ledger.close()

    @cached_property
    def encoder(self) -> "Encoder | None":
        """The encoder that the settings name."""
        from core.models.encoders import load_encoder

        return load_encoder(self.settings.encoder, self.settings.encoder_languages)

    @cached_property
    def picture_encoder(self) -> "PictureEncoder | None":
        """The encoder of text and pictures that the settings name."""
        from core.models.picture_encoders import load_picture_encoder

        return load_picture_encoder(self.settings.picture_encoder)

    @cached_property
    def ocr(self) -> "OcrReader":
        """The reader of text in pictures."""
        from core.models.ocr import OcrReader

        return OcrReader()

    @cached_property
    def pictures(self) -> "PictureFiles":
        """The pictures of the knowledge, by hash."""
        from core.knowledge.picture_files import PictureFiles

        return PictureFiles(self.data / "pictures")

    @cached_property
    def ledger(self) -> "Ledger":
        """What was read from which file."""
        from core.knowledge.ledger import Ledger

        return Ledger(self.data / "ledger.sqlite")

    async def chat(self) -> "ChatModel":
        """The chat model that the settings name, loaded once."""
        async with self._chat_lock:
            if self._chat is None:
                self._chat = await self._load_chat()
            return self._chat

    async def captioner(self) -> "Captioner | None":
        """What writes captions with the chat model; None where it does not see pictures."""
        if self.settings.model == "extractive":  # LangChain takes a second to import
            return None
        from core.captioning import Captioner

        chat = await self.chat()
        return Captioner(chat, at_once=self.settings.local_batch) if chat.sees_pictures else None

    async def _load_chat(self) -> "ChatModel":
        from core.models.chat import LocalOptions, load_chat_model

        settings = self.settings
        return await load_chat_model(
            settings.model,
            encoder=self.encoder,
            base_url=settings.model_base_url,
            api_key=settings.model_api_key.get_secret_value() if settings.model_api_key else "",
            sees_pictures=settings.model_sees_pictures,
            calls_tools=settings.model_calls_tools,
            silence=settings.model_timeout,
            fallbacks=settings.model_fallbacks,
            local=LocalOptions(
                device=settings.local_device,
                precision=settings.local_precision,
                batch=settings.local_batch,
                context=settings.local_context,
            ),
            data=self.data,
        )

    async def index(self) -> "KnowledgeIndex":
        """The knowledge index: in Weaviate where the settings name a server, else in the data folder."""
        if self._index is None:
            from core.knowledge.opening import open_index

            self._index = await open_index(self.settings, self.encoder)
        return self._index

    async def reader(self) -> "Reader":
        """What documents are read in with."""
        from core.knowledge.ingest import Reader

        return Reader(
            index=await self.index(),
            ledger=self.ledger,
            pictures=self.pictures,
            ocr=self.ocr,
            encoder=self.encoder,
            picture_encoder=self.picture_encoder,
            captioner=self.captioner if self.settings.captions else None,
        )

    @cached_property
    def saved_notes(self) -> "SavedNotes":
        """What people save from chat; `start` it in a process that stays."""
        from core.knowledge.saved import SavedNotes

        return SavedNotes(self.data, self.reader)

    @cached_property
    def configured_sources(self) -> "ConfiguredSources":
        """The sources that somebody set up."""
        from core.sources.configured import ConfiguredSources

        return ConfiguredSources(self.data)

    @cached_property
    def syncing(self) -> "Syncing":
        """What brings the configured sources up to date."""
        from core.sources.registry import kind_of
        from core.sources.syncing import Syncing

        return Syncing(self.configured_sources, self.reader, lambda spec: kind_of(spec.kind).open(spec, self))

    @cached_property
    def schedule(self) -> "Schedule":
        """What syncs sources by the clock; `start` it in a process that stays."""
        from core.sources.schedule import Schedule

        return Schedule(self.configured_sources, self.syncing)

    @cached_property
    def channel_follower(self) -> "ChannelFollower":
        """What lets sources follow what is said in chat; `start` it in a process that stays."""
        from core.sources.channels.follower import ChannelFollower
        from core.sources.channels.found import finding

        return ChannelFollower(self.data, finding(self), self.reader)

    async def knowledge(self) -> "KnowledgeSearch":
        """Search over the index."""
        from core.knowledge.search import KnowledgeSearch

        return KnowledgeSearch(
            await self.access(), self.encoder, self.picture_encoder, self.reranker, self.late_interaction
        )

    @cached_property
    def reranker(self) -> "CrossEncoderReranker | None":
        """What ranks the best candidates again, if a model is named for it; loaded with the first question."""
        if not self.settings.reranker:
            return None
        from core.knowledge.rerankers import CrossEncoderReranker

        return CrossEncoderReranker(self.settings.reranker)

    @cached_property
    def late_interaction(self) -> "LateInteraction | None":
        """What compares questions with pictures part by part, if a model is named; loaded with the first question."""
        if not self.settings.late_interaction:
            return None
        from core.knowledge.late_interaction import LateInteraction

        return LateInteraction(self.settings.late_interaction, self.pictures)

    async def access(self) -> "KnowledgeAccess":
        """The index, as far as an audience may see it."""
        from core.knowledge.access import KnowledgeAccess

        return KnowledgeAccess(await self.index(), self.ledger)

    async def conversations(self) -> "Conversations":
        """The conversation store; an embedded Redis is started or joined if none is named."""
        if self._conversations is None:
            from core.conversations import Conversations

            self._conversations = await Conversations.open(
                self.settings.redis_url,
                self.data,
                conversation_days=self.settings.conversation_days,
                picture_days=self.settings.picture_days,
            )
            await self._conversations.sweep()
        return self._conversations

    async def assistant(self, pictures: PictureSource | None = None) -> "Assistant":
        """The assistant; `pictures` finds the pictures of messages, those of the knowledge are found anyway."""
        from core.assistant import Assistant
        from core.rewriting import rewriter_for

        find = self._finding(pictures)
        chat = await self.chat()
        return Assistant(
            chat=chat,
            knowledge=await self.knowledge(),
            pictures=find,
            ocr=self.ocr,
            encoder=self.encoder,
            outside=self.outside,
            rewriter=rewriter_for(chat) if self.settings.rewrite_questions else None,
        )

    @cached_property
    def outside(self) -> "Outside | None":
        """What may be asked beyond the team's own knowledge; None where the settings name nothing."""
        from core.outside.opening import open_outside

        return open_outside(self.settings, self.encoder)

    def explainer(self, pictures: PictureSource | None = None) -> "Explainer":
        """What explains answers; `pictures` finds the pictures of messages."""
        from core.explaining.explainer import Explainer

        return Explainer(
            encoder=self.encoder,
            ocr=self.ocr,
            find=self._finding(pictures),
            chat=self.chat,
            data=self.data,
            access=self.access,
        )

    def _finding(self, pictures: PictureSource | None) -> PictureSource:
        async def find(sha256: str) -> bytes | None:
            data = await pictures(sha256) if pictures is not None else None
            return data if data is not None else self.pictures.get(sha256)

        return find

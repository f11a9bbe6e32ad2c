"""What people bring along with a question on the page or through the API: pictures and documents.

Pictures are normalized and kept at once, in the conversation store. A document's bytes are kept for a day under a name
that nobody can guess, since a worker in another process reads them; they go earlier with the message that they came
with (`core.conversations`).
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.file_problems import of_document, problem_said
from adapters.incoming_pictures import with_problem
from adapters.web.board import Executing
from core.conversation_keys import KeySpace
from core.errors import PictureError
from core.messages import Attachment, Picture
from core.pictures import Limits, NormalizedPicture, normalize, sniff
from core.platform import KeepPicture

KEPT = 86_400
"""Seconds for which a document is kept."""
MOST_FILES = 10
"""So many files may come with one question."""
_NAME = 200
"""Characters of a file's name."""

GONE = (
    ('"{name}" is not kept any more: a document that comes with a question is, for a day.', "Send it again."),
    ("“{name}”已不再保存：随问题发来的文件只保留一天。", "请再发一次。"),
)
TOO_LARGE = (
    ('"{name}" is too large: up to {detail} MB are taken.', "Make it smaller, or send the part that matters."),
    ("“{name}”太大了：最多 {detail} MB。", "请把它改小，或只发送重要的部分。"),
)
TOO_MANY = (
    ('"{name}" was not looked at: up to {detail} files are taken at a time.', "Send it with the next question."),
    ("没有查看“{name}”：一次最多 {detail} 个文件。", "请在下一个问题里再发。"),
)
EMPTY = (
    ('"{name}" is empty.', "Send it again."),
    ("“{name}”是空的。", "请再发一次。"),
)
UNREADABLE = (
    (
        '"{name}" is of a kind that can\'t be read.',
        "Send it as Markdown, text, HTML, PDF, DOCX, PPTX, XLSX, CSV, e-mail or a picture.",
    ),
    ("“{name}”的类型无法读取。", "请以 Markdown、文本、HTML、PDF、DOCX、PPTX、XLSX、CSV、邮件或图片的形式发送。"),
)

_log = logging.getLogger(__name__)

Reads = Callable[[str, bytes], bool]
"""Whether a document of this name and these bytes is of a kind that can be read."""


@dataclass(frozen=True)
class Upload:
    """A file as it was sent. `data` may be cut off right after the limit: what is longer is not taken anyway."""

    name: str
    media_type: str
    data: bytes


class WebFiles:
    """Takes files in and hands documents out; `most` is the limit of one file in bytes."""

    def __init__(self, redis: Executing, keys: KeySpace, keep: KeepPicture, *, reads: Reads, most: int) -> None:
        self._redis = redis
        self._keys = keys
        self._keep = keep
        self._reads = reads
        self.most = most

    async def incoming(
        self, uploads: Sequence[Upload], *, in_chinese: bool = False
    ) -> tuple[tuple[Picture, ...], tuple[Attachment, ...]]:
        """What comes with a question: its pictures and its attachments (`core.messages.Message`), each kept.

        What can't be taken is an attachment that says why, in the person's language; nothing else is lost by it.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        pictures: list[Picture] = []
        attachments: list[Attachment] = []
        for at, upload in enumerate(uploads):
            taken = await self._taken(upload, at, in_chinese)
            if isinstance(taken, Picture):
                pictures.append(taken)
            else:
                attachments.append(taken)
        return tuple(pictures), tuple(attachments)

    async def document(self, attachment: Attachment) -> bytes:
        """The bytes of a document.

        Raises:
            DocumentError: it is kept no more.
            StoreUnavailableError: Redis is away.
        """
        data = await self._redis.execute("GET", self._keys.upload(attachment.reference))
        if not isinstance(data, bytes):
            raise of_document(problem_said(GONE, "", attachment.name))
        return data

    async def _taken(self, upload: Upload, at: int, in_chinese: bool) -> Picture | Attachment:
        name = upload.name.replace("\\", "/").rpartition("/")[2][:_NAME]
        file = Attachment(name=name or "file", media_type=upload.media_type[:_NAME], size=len(upload.data))
        try:
            if at >= MOST_FILES:
                raise problem_said(TOO_MANY, "", name, str(MOST_FILES))
            if len(upload.data) > self.most:
                raise problem_said(TOO_LARGE, "", name, str(self.most // 1_000_000))
            if not upload.data:
                raise problem_said(EMPTY, "", name)
            if sniff(upload.data) is not None:
                return await self._picture(upload.data, name)
            if not await asyncio.to_thread(self._reads, name, upload.data):
                raise problem_said(UNREADABLE, "", name)
        except PictureError as error:
            return with_problem(file, error, in_chinese)
        reference = f"web-{secrets.token_urlsafe(24)}"
        await self._redis.execute("SET", self._keys.upload(reference), upload.data, "EX", KEPT)
        return file.model_copy(update={"reference": reference})

    async def _picture(self, data: bytes, name: str) -> Picture:
        limits = Limits(size=self.most)
        normalized: NormalizedPicture = await asyncio.to_thread(normalize, data, name=name, limits=limits)
        await self._keep(normalized)
        return normalized.picture

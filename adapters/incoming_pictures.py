"""The pictures that came with messages: taken in each in its place, or left there with a sentence that says why not."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from adapters.file_problems import common_problem
from adapters.payloads import mapping, string
from core.errors import PictureError
from core.language import UNKNOWN, detect_language
from core.messages import Attachment, Message, Picture
from core.pictures import Limits, normalize
from core.platform import KeepPicture
from core.question import Question

MOST_PICTURES = 10
"""So many pictures of one message are looked at."""
WITH_PICTURES = 4
"""Of so many messages before a question, the newest that have any, the pictures are looked at."""
_AT_ONCE = 3

_log = logging.getLogger(__name__)

Take = Callable[[Attachment, bool], Awaitable[Picture | Attachment]]
"""Takes a picture in; a file that is none, or can't be had, comes back with what is known of it. With whether its
message is in Chinese, as problems are said."""


async def with_pictures(message: Message, wanted: Sequence[Attachment], take: Take) -> Message:
    """The message with its pictures taken in, a few at once; `wanted` are those of its attachments that may be some.

    What `take` raises is raised when the others are done, so that nothing goes on behind.
    """
    if not wanted:
        return message
    in_chinese = _is_in_chinese(message)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(at: int, file: Attachment) -> Picture | Attachment:
        if at >= MOST_PICTURES:
            return with_problem(file, common_problem("too many", "", file.name, str(MOST_PICTURES)), in_chinese)
        async with gate:
            return await take(file, in_chinese)

    found = dict(zip(wanted, await _all([one(at, file) for at, file in enumerate(wanted)]), strict=True))
    pictures, left = list(message.pictures), list[Attachment]()
    for file in message.attachments:
        taken = found.get(file, file)
        if isinstance(taken, Picture):
            pictures.append(taken)
        else:
            left.append(taken)
    return message.model_copy(update={"pictures": tuple(pictures), "attachments": tuple(left)})


async def taken_in(data: bytes, file: Attachment, limits: Limits, keep: KeepPicture) -> Picture:
    """The picture that a file's bytes are, normalized and kept.

    Raises:
        PictureError: it is none, or none that can be read.
    """
    normalized = await asyncio.to_thread(normalize, data, name=file.name, limits=limits)
    await keep(normalized)
    return normalized.picture


def with_problem(file: Attachment, error: PictureError, in_chinese: bool) -> Attachment:
    """The file with why it can't be read."""
    _log.info("A picture can't be read: %s", error.message)
    return file.model_copy(update={"problem": " ".join(filter(None, error.said(in_chinese=in_chinese)))})


async def with_newest_pictures(messages: list[Message], complete: Callable[[Message], Awaitable[Message]]) -> None:
    """Let `complete` take in the pictures of the newest messages that have files, each in its place in the list."""
    with_files = [at for at, message in enumerate(messages) if message.attachments]
    for at in with_files[-WITH_PICTURES:]:
        messages[at] = await complete(messages[at])


def urls_in(question: Question) -> dict[str, str]:
    """The addresses of files that came with a question, by `Attachment.reference`."""
    return {file: string(url) for file, url in mapping(question.delivery.get("files")).items()}


def _is_in_chinese(message: Message) -> bool:
    language = detect_language(message.text)
    return message.author.locale.startswith("zh") if language == UNKNOWN else language == "zh"


async def _all(waiting: list[Awaitable[Picture | Attachment]]) -> list[Picture | Attachment]:
    found = await asyncio.gather(*waiting, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return [one for one in found if not isinstance(one, BaseException)]

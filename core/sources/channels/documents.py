"""A thread, or a run of messages, as a Markdown document in which nobody can say anything but in their own name.

A message is data. Each stands below a line that says when and who; within what was said everything is written so that
it reads as it was typed: no heading, link, picture, front matter or HTML comes of it, and no line of it looks like the
line of a speaker. Code stays code.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from core.channel_history import Said
from core.knowledge.addresses import web_address
from core.messages import Message, Value

PAUSE = 30 * 60.0
"""Seconds of silence after which what is said in a channel is another run: a question and its answer stand together."""
TITLE_CHARACTERS = 100

_FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<code>.*?)^(?P=fence)[`~]*[ \t]*$", re.S | re.M)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&=:@$^\"'])")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(<?([^()\s<>]*)>?(?:\s+\"[^\"\n]*\")?\)")
_SPAN = re.compile(r"(`+)([^`\n]+)\1")
_EMPHASIS = re.compile(r"(\*\*\*?|~~)(?=\S)([^*~\n]+)(?<=\S)\1")
_STAMP = re.compile(r"\s*[\[(<{「【〔]\s*\d{2,}\s*[-./]")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_HEAD = re.compile(r"\A---\n(.*?)^---\n", re.S | re.M)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class ChannelFile(Value):
    """A file of a message, kept beside the documents: `path` is within the mirror; a picture is shown in its place."""

    path: str
    name: str
    is_picture: bool = False


def runs(messages: Iterable[Said]) -> list[list[Said]]:
    """Messages, oldest first, in runs without a long pause."""
    found: list[list[Said]] = []
    for said in sorted(messages, key=lambda one: one.message.sent_at):
        last = found[-1][-1].message.sent_at if found else None
        if last is not None and (said.message.sent_at - last).total_seconds() <= PAUSE:
            found[-1].append(said)
        else:
            found.append([said])
    return found


def day_of(moment: datetime) -> str:
    """The day (UTC) whose folder holds a message."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def document_path(first: Said, *, is_thread: bool) -> str:
    """Where the document of a thread or run stands: the same for good, whatever is said in it later."""
    day = day_of(first.message.sent_at)
    return thread_path(day, first.key) if is_thread else f"{day}/talk-{_safe(first.key)}.md"


def thread_path(day: str, root: str) -> str:
    """Where the document of a thread stands, by the day and the key of its root."""
    return f"{day}/thread-{_safe(root)}.md"


def file_path(day: str, said: Said, reference: str, name: str) -> str:
    """Where a file of a message stands, beside the document of that day; found again by `file_prefix`."""
    stem, dot, suffix = name.rpartition(".")
    kept = _UNSAFE.sub("-", stem if dot else name).strip("-.")[:60] or "file"
    end = f".{_UNSAFE.sub('', suffix).lower()[:10]}" if dot and suffix else ""
    identity = hashlib.sha256(reference.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{day}/{file_prefix(said.key)}{identity}-{kept}{end}"


def file_prefix(key: str) -> str:
    """How the names of a message's files begin."""
    return f"file-{_safe(key)}-"


def document(messages: Sequence[Said], files: Mapping[str, Sequence[ChannelFile]]) -> bytes:
    """The document; `files` are those of each message by its key."""
    first = messages[0]
    head = {
        "title": title_of([said.message for said in messages]),
        "url": web_address(first.url),
        "messages": [said.key for said in messages],
    }
    # JSON is YAML; in ASCII, since a line may not end within a value.
    front = "".join(f"{name}: {json.dumps(value)}\n" for name, value in head.items())
    body = "\n\n".join(_said(said.message, files.get(said.key, ())) for said in messages)
    return f"---\n{front}---\n\n{body}\n".encode("utf-8", "replace")


def keys_in(document: bytes) -> tuple[str, ...]:
    """The keys of the messages that a document holds."""
    head = _HEAD.match(document.decode("utf-8", "replace"))
    for line in head.group(1).splitlines() if head else ():
        name, _, value = line.partition(": ")
        if name == "messages":
            try:
                return tuple(map(str, json.loads(value)))
            except (ValueError, TypeError):
                return ()
    return ()


def title_of(messages: Sequence[Message]) -> str:
    """The first line of the first message that says something."""
    for message in messages:
        for line in _plain(message.text).splitlines():
            words = " ".join(line.split())
            if words:
                return words if len(words) <= TITLE_CHARACTERS else words[:TITLE_CHARACTERS].rstrip() + "…"
    return f"{_name(messages[0])}, {day_of(messages[0].sent_at)}"


def literal(text: str) -> str:
    """What somebody wrote (Markdown) as Markdown that reads as its words; fenced code stays fenced."""
    text = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    parts: list[str] = []
    at = 0
    for fence in _FENCE.finditer(text):
        parts += [_lines(text[at : fence.start()]), _fenced(fence["code"])]
        at = fence.end()
    parts.append(_lines(text[at:]))
    return "\n\n".join(filter(None, parts))


def _said(message: Message, files: Sequence[ChannelFile]) -> str:
    who = f"\\[{message.sent_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC\\] {_escaped(_name(message))}:"
    shown = [
        f"![{_escaped(_words(one.name))}]({one.path.rpartition('/')[2]})"
        if one.is_picture
        else f"Attached: {_escaped(_words(one.name))}"
        for one in files
    ]
    unread = [f"Attached: {_escaped(_words(one.name))}" for one in message.attachments if one.problem and one.name]
    return "\n\n".join(filter(None, (who, literal(message.text), *shown, *unread)))


def _lines(text: str) -> str:
    """Paragraphs of lines, each with its markup taken for what it is: characters."""
    paragraphs = [block.strip("\n") for block in re.split(r"\n[ \t]*\n", text)]
    written = ("\\\n".join(filter(None, map(_line, block.split("\n")))) for block in paragraphs)
    return "\n\n".join(filter(None, written))


def _line(line: str) -> str:
    words = _plain(line).strip()
    if _STAMP.match(unicodedata.normalize("NFKC", words)):
        words = f"“{words}”"  # it would read as the line of a speaker
    return _escaped(words)


def _plain(text: str) -> str:
    """Without emphasis and the marks of code in a line; links as their words and address."""
    text = _LINK.sub(lambda link: f"{link[1]} ({link[2]})" if link[1] and link[1] != link[2] else link[2], text)
    return _EMPHASIS.sub(r"\2", _SPAN.sub(r"\2", text))


def _fenced(code: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code.strip(chr(10))}\n{fence}" if code.strip() else ""


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _name(message: Message) -> str:
    return _words(message.author.name) or message.author.id or "?"


def _words(text: str) -> str:
    return " ".join(_UNSEEN.sub("", text).split())[:100]


def _safe(key: str) -> str:
    return _UNSAFE.sub("-", key)

"""A picture as a passage: the words of every page that shows it, and what can be read in it.

People search a picture by what its page says of it, in the page's language, and by what they remember of it. So one
picture is one passage with the words of all its pages, English and Chinese alike; but never across audiences: the words
of a private page must not be found, or shown, where the page itself may not be.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from core.evidence import OcrLine
from core.knowledge.addresses import address_below
from core.knowledge.documents import Passage, PictureFacts
from core.language import UNKNOWN, detect_language
from core.messages import EVERYONE, Picture, Value

OCR_CHARACTERS = 1500
CONTEXT_CHARACTERS = 1600
HEADING_CHARACTERS = 800
ALT_CHARACTERS = 500
CAPTION_CHARACTERS = 800
APPEARANCE_CHARACTERS = 800
"""Bounds on what is kept of each kind of words: a picture that fifty pages show is still one short passage."""
REACH = 300
"""How far before a picture its context begins, in Latin letters."""
NEAR = 100
"""The words right before a picture introduce it; what stands further away often speaks of something else."""
HAN_LETTERS = 2.5
"""A Chinese character says about as much as this many Latin letters."""
SURE_ENOUGH = 0.6
"""OCR below this confidence is left out: it is mostly icons and texture read as letters."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NAMES_OF_NOTHING = (
    "img image images picture pictures pic photo photos screenshot screenshots screen shot capture clip figure fig"
    " untitled unnamed copy final new scan dsc pasted wechat wx mmexport attachment file at am pm"
    " 图片 截图 截屏 图像 照片 微信图片 未命名 企业微信截图 屏幕截图 副本"
)
_SAY_NOTHING = frozenset(_NAMES_OF_NOTHING.split())


class PictureMention(Value):
    """A picture where one document shows it; `path`, `title` and `url` are the document's, `name` the picture's own.

    `url` is the address that the document says is its own.
    """

    path: str
    title: str = ""
    name: str
    alt: str = ""
    heading_path: tuple[str, ...] = ()
    context: str = ""
    page: int | None = None
    language: str = UNKNOWN
    url: str = ""


def picture_passage(
    mentions: Sequence[PictureMention],
    lines: Sequence[OcrLine],
    picture: Picture,
    *,
    source: str,
    path: str,
    audience: tuple[str, ...] = (EVERYONE,),
    caption: str = "",
    appearance: str = "",
    base: str = "",
    use_names: bool = True,
    ordinal: int = 0,
) -> Passage:
    """The passage of one picture for one audience.

    Args:
        mentions: where documents of exactly this audience show it, in a stable order; the first names the passage.
        lines: what OCR read in it, in reading order.
        picture: its hash and size.
        source: the knowledge source that it belongs to.
        path: where it is found within the source.
        audience: who may see all of the mentions.
        caption: what it shows, in the words of a model that sees.
        appearance: what it looks like, in the words of `core.reading.appearance`.
        base: the address below which the files of the source are seen.
        use_names: whether the words of file names count; off, alt texts that only repeat a file name are left out too.
        ordinal: its place among the pictures of `path`.
    """
    facts = PictureFacts(
        sha256=picture.sha256,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        alt=_alt(mentions, picture, use_names=use_names),
        ocr=readable(lines),
        context=_joined((_end(one.context, REACH) for one in mentions), CONTEXT_CHARACTERS),
        headings=_joined((_place(one, use_names=use_names) for one in mentions), HEADING_CHARACTERS),
        caption=_joined(caption.splitlines(), CAPTION_CHARACTERS),
        appearance=_joined(appearance.splitlines(), APPEARANCE_CHARACTERS),
    )
    first = mentions[0] if mentions else None
    languages = {one.language for one in mentions} or {detect_language(facts.ocr)}
    return Passage(
        id=_identity(source, picture.sha256, audience),
        source=source,
        path=path,
        kind="picture",
        text=_text(facts),
        title=first.title if first and (use_names or not _is_alone(first)) else "",
        heading_path=first.heading_path if first else (),
        page=first.page if first else None,
        ordinal=ordinal,
        language=languages.pop() if len(languages) == 1 else UNKNOWN,
        audience=audience,
        picture=facts,
        url=_address(mentions, base),
    )


def name_words(name: str) -> str:
    """The words of a file name, or nothing where it says nothing ("IMG_2034.png", "picture-3")."""
    path, _, embedded = name.partition("#")
    if embedded:
        return ""
    stem = unicodedata.normalize("NFKC", PurePosixPath(path).stem)
    words = [word for piece in _WORDS.findall(stem) for word in _CAMEL.split(piece)]
    if all(word.isdigit() or word.lower() in _SAY_NOTHING or len(word) < 2 for word in words):
        return ""
    return " ".join(word for word in words if not (word.isdigit() and len(word) > 4))


def readable(lines: Sequence[OcrLine], limit: int = OCR_CHARACTERS) -> str:
    """What OCR read, a line a line, without repetitions and noise; where it is too much, the largest letters stay."""
    kept: dict[str, OcrLine] = {}
    for line in lines:
        text = " ".join(line.text.split())
        if line.confidence >= SURE_ENOUGH and any(map(str.isalnum, text)):
            kept.setdefault(text, line)
    if sum(map(len, kept)) + len(kept) > limit:
        by_size = sorted(kept.items(), key=lambda item: item[1].box[1] - item[1].box[3])
        chosen = set(_within([text for text, _ in by_size], limit))
        return "\n".join(text for text in kept if text in chosen)
    return "\n".join(kept)


def encoder_text(passage: Passage, languages: frozenset[str] | None) -> str:
    """The words of a picture that an encoder can read, the most telling first (`languages` None: it reads any)."""
    facts = passage.picture
    if facts is None:
        return passage.text
    parts = [facts.caption, facts.appearance, near(facts.context), facts.headings, facts.alt, facts.ocr, facts.context]
    lines = [line for part in parts for line in part.split("\n") if line]
    return "\n".join(
        line for line in lines if languages is None or detect_language(line) in languages or not _has_letters(line)
    )


def near(context: str) -> str:
    """The end of each line of a context: the words right before the picture, from the start of a word."""
    return "\n".join(_end(line, NEAR) for line in context.split("\n"))


def _end(text: str, reach: float) -> str:
    """The end of a text, as long as `reach` Latin letters, from the start of a word."""
    text = text.strip()
    start = len(text)
    while start > 0 and reach > 0:
        start -= 1
        reach -= HAN_LETTERS if _HAN.match(text[start]) else 1
    end = text[start:]
    head, space, tail = end.partition(" ")
    return tail if start > 0 and not text[start - 1].isspace() and space and len(head) < 20 and head.isascii() else end


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def _alt(mentions: Sequence[PictureMention], picture: Picture, *, use_names: bool) -> str:
    names = dict.fromkeys(one.name for one in mentions)
    repeating = {_bare(form) for name in names for form in _forms(name)}
    alts = [one.alt for one in mentions if one.alt and _bare(one.alt) not in repeating]
    alts += [picture.alt] if picture.alt and _bare(picture.alt) not in repeating else []
    return _joined([*alts, *(map(name_words, names) if use_names else ())], ALT_CHARACTERS)


def _forms(name: str) -> tuple[str, ...]:
    path = PurePosixPath(name.partition("#")[0])
    return name, str(path), path.name, path.stem


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _place(mention: PictureMention, *, use_names: bool) -> str:
    """The title and the headings it stands under, outermost first, each once."""
    title = mention.title if use_names or not _is_alone(mention) else ""
    return " › ".join(dict.fromkeys(part for part in (title, *mention.heading_path) if part))


def _address(mentions: Sequence[PictureMention], base: str) -> str:
    """Where it is seen: on the page that shows it and knows its address, else its own file, else the page's file."""
    own = next((one.url for one in mentions if one.url), "")
    if own or not mentions:
        return own
    alone = next((one for one in mentions if _is_alone(one)), mentions[0])
    return address_below(base, alone.path)


def _is_alone(mention: PictureMention) -> bool:
    """Whether the picture is its own document, whose title is then its file's name."""
    return mention.path == mention.name


def _joined(texts: Iterable[str], limit: int) -> str:
    """Different texts on lines of their own, as many as the limit holds."""
    return "\n".join(_within(list(dict.fromkeys(" ".join(text.split()) for text in texts)), limit))


def _within(texts: Sequence[str], limit: int) -> list[str]:
    chosen: list[str] = []
    room = limit
    for text in texts:
        if not text or room <= 0:
            continue
        chosen.append(text if len(text) <= room else text[:room].rstrip() + "…")
        room -= len(text) + 1
    return chosen


def _text(facts: PictureFacts) -> str:
    """What a person reads of it: its name, where it stands, what comes before it, what it shows, what it says."""
    said = " · ".join(facts.ocr.split("\n"))
    parts = (facts.alt, facts.headings, facts.context, facts.caption, facts.appearance, said)
    return "\n".join(part for part in parts if part)


def _identity(source: str, sha256: str, audience: tuple[str, ...]) -> str:
    key = "\0".join((source, "picture", sha256, *sorted(audience)))
    return hashlib.sha256(key.encode()).hexdigest()[:32]

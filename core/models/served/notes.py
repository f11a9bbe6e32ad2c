"""What a person is to be told about how an answer came about, carried with the answer's last piece."""

from typing import Any, Literal

from langchain_core.messages import AIMessageChunk

NOTES = "lorelens_notes"
ANSWERED_BY = "lorelens_answered_by"
"""The metadata that name the model which answered, where it is not the first that was asked."""

NoteKind = Literal["unseen", "fewer", "fallback", "quoting", "cut"]

WORDS: dict[NoteKind, tuple[str, str]] = {
    "unseen": (
        "The model {model} can't see pictures: I went by the text that could be read in yours.",
        "模型 {model} 看不到图片：我只依据从您的图片里读出的文字回答。",
    ),
    "fewer": (
        "The model {model} can't be shown this many pictures at once: it did not see all of them.",
        "模型 {model} 一次看不了这么多图片：有些它没有看到。",
    ),
    "fallback": (
        "The model {model} did not answer, so {by} did.",
        "模型 {model} 没有回答，因此由 {by} 代为回答。",
    ),
    "quoting": (
        "The model {model} did not answer, so I quote from the documents.",
        "模型 {model} 没有回答，因此我直接引用文档原文。",
    ),
    "cut": (
        "The model {model} came to its length limit: the answer is cut off here.",
        "模型 {model} 达到了长度上限：回答在这里被截断。",
    ),
}


def note(kind: NoteKind, model: str, by: str = "") -> dict[str, str]:
    """A note as it travels."""
    return {"kind": kind, "model": model, "by": by}


def carrying(notes: list[dict[str, str]]) -> AIMessageChunk:
    """A piece of an answer without words that carries notes."""
    return AIMessageChunk(content="", response_metadata={NOTES: notes})


def notes_in_words(metadata: list[dict[str, Any]], *, in_chinese: bool) -> str:
    """Notes for the person, each said once, as a paragraph in italics; empty where there are none."""
    said: dict[str, None] = {}
    for one in metadata:
        words = WORDS.get(one.get("kind", ""))  # pyright: ignore[reportArgumentType]
        if words is not None:
            said[words[in_chinese].format(model=one.get("model", ""), by=one.get("by", ""))] = None
    return "".join(f"\n\n_{sentence}_" for sentence in said)

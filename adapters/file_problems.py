"""Why a file could not be read, as sentences for the person who sent it, in English and Chinese.

What may happen on every platform stands here; each has more of its own.
"""

from typing import Literal

from core.errors import DocumentError, PictureError

CommonProblem = Literal["broken off", "slow", "too large", "too many"]
Sentences = tuple[tuple[str, str], tuple[str, str]]
"""What happened and what can be done, in English and in Chinese; `{name}`, `{platform}`, `{detail}` are filled in."""

COMMON: dict[CommonProblem, Sentences] = {
    "broken off": (
        ('"{name}" could not be fetched: {platform} answered {detail}.', "Send it again."),
        ("“{name}”没能取到：{platform} 的回应是 {detail}。", "请再发一次。"),
    ),
    "slow": (
        ('{platform} did not hand out "{name}" within {detail} seconds.', "Send it again, or make it smaller."),
        ("{platform} 在 {detail} 秒内没有给出“{name}”。", "请再发一次，或把它改小。"),
    ),
    "too large": (
        ('"{name}" is too large: up to {detail} MiB are taken.', "Make it smaller, or cut out the part that matters."),
        ("“{name}”太大了：最多 {detail} MiB。", "请把它改小，或只截取重要的部分。"),
    ),
    "too many": (
        ('"{name}" was not looked at: up to {detail} pictures are taken at a time.', "Send it with the next question."),
        ("没有查看“{name}”：一次最多 {detail} 张图片。", "请在下一个问题里再发。"),
    ),
}


def problem_said(sentences: Sentences, platform: str, name: str, detail: str = "") -> PictureError:
    """The error that says it, in both languages; `platform` by its name, as people write it."""
    (message, hint), (message_zh, hint_zh) = sentences
    error = PictureError(message.format(name=name or "the file", platform=platform, detail=detail), hint=hint)
    error.chinese = (message_zh.format(name=name or "文件", platform=platform, detail=detail), hint_zh)
    return error


def common_problem(kind: CommonProblem, platform: str, name: str, detail: str = "") -> PictureError:
    """The error that says what may happen on every platform."""
    return problem_said(COMMON[kind], platform, name, detail)


def of_document(error: PictureError) -> DocumentError:
    """The same of a file that is no picture."""
    found = DocumentError(error.message, hint=error.hint)
    found.chinese = error.chinese
    return found

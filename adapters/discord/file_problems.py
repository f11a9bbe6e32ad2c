"""Why a file of Discord could not be read, as sentences for the person who sent it, in English and Chinese."""

from typing import Literal

from adapters.file_problems import COMMON, CommonProblem, Sentences, problem_said
from core.errors import PictureError

Problem = CommonProblem | Literal["deleted", "foreign", "no access", "voice"]

_SENTENCES: dict[Problem, Sentences] = {
    **COMMON,
    "deleted": (
        ('"{name}" is not there any more.', "Send it again."),
        ("“{name}”已经不在了。", "请再发一次。"),
    ),
    "foreign": (
        (
            '"{name}" stands at {detail}, which is none of Discord\'s hosts, so it was not fetched.',
            "Send the file itself.",
        ),
        ("“{name}”位于 {detail}，不是 Discord 的主机，因此没有去取。", "请直接发送文件。"),
    ),
    "no access": (
        (
            'Discord does not let Lorelens see "{name}" ({detail}).',
            "Send it again in a channel that Lorelens can read.",
        ),
        ("Discord 不允许 Lorelens 查看“{name}”（{detail}）。", "请在 Lorelens 能读取的频道里再发一次。"),
    ),
    "voice": (
        ("A voice message can't be listened to.", "Write the question."),
        ("语音消息还听不懂。", "请用文字提问。"),
    ),
}


def problem(kind: Problem, name: str, detail: str = "") -> PictureError:
    """The error that says it, in both languages."""
    return problem_said(_SENTENCES[kind], "Discord", name, detail)

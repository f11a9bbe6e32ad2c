"""Why a file of Slack could not be read, as sentences for the person who sent it, in English and Chinese."""

from typing import Literal

from adapters.file_problems import COMMON, CommonProblem, Sentences, problem_said
from core.errors import PictureError

Problem = CommonProblem | Literal["deleted", "elsewhere", "foreign", "hidden", "no access", "no permission"]

_SENTENCES: dict[Problem, Sentences] = {
    **COMMON,
    "deleted": (
        ('"{name}" was deleted.', "Send it again."),
        ("“{name}”已被删除。", "请再发一次。"),
    ),
    "elsewhere": (
        ('"{name}" is kept at another service; Slack has only a link to it.', "Send the picture itself."),
        ("“{name}”存放在别的服务上，Slack 里只有它的链接。", "请直接发送图片。"),
    ),
    "foreign": (
        (
            '"{name}" stands at {detail}, which is none of Slack\'s hosts, so it was not fetched.',
            "Send the picture itself.",
        ),
        ("“{name}”位于 {detail}，不是 Slack 的主机，因此没有去取。", "请直接发送图片。"),
    ),
    "hidden": (
        ('"{name}" is older than what this workspace keeps.', "Send it again."),
        ("“{name}”早于此工作区的保留期限。", "请再发一次。"),
    ),
    "no access": (
        ('Slack does not let Lorelens see "{name}" ({detail}).', "Send it again in a channel that Lorelens is in."),
        ("Slack 不允许 Lorelens 查看“{name}”（{detail}）。", "请在 Lorelens 所在的频道里再发一次。"),
    ),
    "no permission": (
        (
            'Lorelens may not read files here, so it could not see "{name}".',
            "An admin can add the scope files:read under OAuth & Permissions in the app's settings, and install it.",
        ),
        (
            "Lorelens 在这里没有读取文件的权限，因此看不到“{name}”。",
            "管理员可以在应用设置的 OAuth & Permissions 中添加 files:read 权限，然后重新安装。",
        ),
    ),
}


def problem(kind: Problem, name: str, detail: str = "") -> PictureError:
    """The error that says it, in both languages."""
    return problem_said(_SENTENCES[kind], "Slack", name, detail)

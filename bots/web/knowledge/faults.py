"""What can be wrong with what an operator fills in, in both languages, each with what to do."""

from bots.web.visitors import Language
from core.errors import LorelensError, QuestionError

_ENGLISH: dict[str, tuple[str, str]] = {
    "no_path": ("That is no whole path.", "Write it from the root, as /srv/docs."),
    "not_allowed": ("This place may not be read in from here.", "Allowed are folders below: {roots}."),
    "none_allowed": (
        "No place of the server may be read in from here.",
        "Whoever runs Lorelens names folders with LORELENS_WEB_FOLDERS.",
    ),
    "hidden": ("Hidden folders and files are not read in.", "Choose another."),
    "own_data": ("Lorelens keeps its own data there.", "Choose another folder."),
    "nothing_there": ("There is no {path}.", "Check the path."),
    "not_readable": ("{path} can't be read by Lorelens.", "Let the user that it runs as read it."),
    "a_folder": ("{path} is a folder.", "Name the file itself."),
    "a_file": ("{path} is no folder.", "Name the folder that it lies in."),
    "for_others": ("A part of this is read in for others, and stays theirs.", "Choose another."),
    "git_https": (
        "From the page a repository is named by its https address.",
        "One of the server, or by SSH, is set up with `lorelens sources add git`.",
    ),
    "inner_host": ("This host is not of the public web.", "It is set up with `lorelens sources add`."),
    "other_option": ('"{name}" can\'t be set from the page.', "It is set with `lorelens sources add`."),
    "no_kind": ("There is no such kind of source.", "Choose one from the list."),
    "no_source": ('There is no source "{name}".', "It may have been removed meanwhile."),
    "by_itself": ('"{name}" is kept up to date by itself.', "Nothing needs to be done."),
    "saved_in_chat": ("What was saved is forgotten in the chat.", "Forget the notes there."),
    "no_readers": ("Who may see it?", "Choose one."),
    "nobody": ("Nobody is named who may see it.", "Write one on each line, as slack/T012/channel/C034."),
    "no_principal": (
        '"{name}" names nobody.',
        "Write PLATFORM/WORKSPACE, PLATFORM/WORKSPACE/channel/ID or PLATFORM/WORKSPACE/person/ID.",
    ),
    "too_many_readers": ("That are too many.", "Name {most} at most."),
    "no_name": ("It has no name.", "Give it one."),
    "bad_name": ("It can't be called so.", 'Up to 100 characters are taken, without "/".'),
    "taken": ("Another source is called so.", "Take another name."),
    "other_readers": (
        "This collection has other readers already.",
        "Choose the same, or put the files into a collection of another name.",
    ),
    "no_files": ("No file was chosen.", "Choose some, or drop them on the field."),
    "too_many_files": ("Those are too many files at once.", "{most} are taken."),
    "traversal": ("Its name leads to another folder.", "Leave out / and \\."),
    "unseen": ("Its name has characters that can't be seen.", "Rename it."),
    "dotted": ("Its name begins with a dot; hidden files are not read.", "Rename it."),
    "long_name": ("Its name is too long.", "Up to {most} bytes are taken."),
    "empty": ("It is empty.", "Choose a file with something in it."),
    "large": ("It has {size} MB or more; {most} MB are taken.", "Split it."),
    "unreadable": (
        "It is of a kind that can't be read, or not what its name says.",
        "Markdown, text, HTML, PDF, DOCX, PPTX, XLSX, CSV, e-mail and pictures can be.",
    ),
    "clash": (
        "Another file of this name is there already.",
        "Rename it, or choose to replace what is there.",
    ),
}
_CHINESE: dict[str, tuple[str, str]] = {
    "no_path": ("这不是完整的路径。", "请从根目录写起，例如 /srv/docs。"),
    "not_allowed": ("不能从这里读入该位置。", "允许以下文件夹中的内容：{roots}。"),
    "none_allowed": ("不能从这里读入服务器上的任何位置。", "运行 Lorelens 的人可用 LORELENS_WEB_FOLDERS 指定文件夹。"),
    "hidden": ("不会读入隐藏的文件夹和文件。", "请选择其他位置。"),
    "own_data": ("Lorelens 自己的数据保存在那里。", "请选择其他文件夹。"),
    "nothing_there": ("{path} 不存在。", "请检查路径。"),
    "not_readable": ("Lorelens 无法读取 {path}。", "请允许其运行用户读取。"),
    "a_folder": ("{path} 是文件夹。", "请写出文件本身。"),
    "a_file": ("{path} 不是文件夹。", "请写出它所在的文件夹。"),
    "for_others": ("其中一部分是为他人读入的，仍归他们所有。", "请选择其他位置。"),
    "git_https": (
        "在页面上请用 https 网址指定仓库。",
        "服务器上的仓库或 SSH 仓库请用 `lorelens sources add git` 设置。",
    ),
    "inner_host": ("该主机不属于公共网络。", "请用 `lorelens sources add` 设置。"),
    "other_option": ("“{name}”不能在页面上设置。", "请用 `lorelens sources add` 设置。"),
    "no_kind": ("没有这种来源。", "请从列表中选择。"),
    "no_source": ("没有名为“{name}”的来源。", "它可能已被移除。"),
    "by_itself": ("“{name}”会自动保持最新。", "无需任何操作。"),
    "saved_in_chat": ("保存的内容请在聊天中遗忘。", "请在那里遗忘笔记。"),
    "no_readers": ("谁可以查看？", "请选择一项。"),
    "nobody": ("没有指定谁可以查看。", "每行写一个，例如 slack/T012/channel/C034。"),
    "no_principal": (
        "“{name}”不代表任何人。",
        "请写 PLATFORM/WORKSPACE、PLATFORM/WORKSPACE/channel/ID 或 PLATFORM/WORKSPACE/person/ID。",
    ),
    "too_many_readers": ("太多了。", "最多 {most} 个。"),
    "no_name": ("没有名称。", "请填写名称。"),
    "bad_name": ("不能使用这个名称。", "最多 100 个字符，不能包含“/”。"),
    "taken": ("已有同名来源。", "请换一个名称。"),
    "other_readers": ("该集合已有不同的读者。", "请选择相同的读者，或放入另一个名称的集合。"),
    "no_files": ("没有选择文件。", "请选择文件，或拖放到上方。"),
    "too_many_files": ("一次上传的文件太多。", "最多 {most} 个。"),
    "traversal": ("文件名指向其他文件夹。", "请去掉 / 和 \\。"),
    "unseen": ("文件名包含不可见字符。", "请重命名。"),
    "dotted": ("文件名以点开头；隐藏文件不会被读取。", "请重命名。"),
    "long_name": ("文件名太长。", "最多 {most} 字节。"),
    "empty": ("文件是空的。", "请选择有内容的文件。"),
    "large": ("文件有 {size} MB 或更大；最多 {most} MB。", "请拆分文件。"),
    "unreadable": (
        "这种文件无法读取，或内容与名称不符。",
        "可以读取 Markdown、文本、HTML、PDF、DOCX、PPTX、XLSX、CSV、电子邮件和图片。",
    ),
    "clash": ("已有同名的其他文件。", "请重命名，或选择替换。"),
}


class FaultError(QuestionError):
    """What is wrong, by its name; `field` is the part of a form that it is beside."""

    def __init__(self, fault: str, field: str = "", **values: object) -> None:
        english, chinese = ([text.format(**values) for text in texts[fault]] for texts in (_ENGLISH, _CHINESE))
        super().__init__(english[0], hint=english[1])
        self.chinese = (chinese[0], chinese[1])
        self.field = field


def sentence(error: LorelensError, language: Language) -> str:
    """What happened and what to do, in the language of whoever reads it, where there are words in it."""
    return " ".join(filter(None, error.said(in_chinese=language == "zh")))

"""An appearance in words, English and Chinese, as people would ask for it."""

from core.reading.appearance import Appearance
from core.reading.picture_colours import Colour
from core.reading.picture_kinds import Kind

_KINDS: dict[Kind, tuple[str, str]] = {
    "screenshot": ("screenshot of a page", "页面截图"),
    "diagram": ("diagram, drawing, flow", "示意图，架构图，流程图"),
    "chart": ("chart, graph, plot", "图表，曲线图"),
    "photo": ("photo", "照片"),
    "dialog": ("dialog, popup window", "弹窗，对话框，确认框，弹出窗口"),
    "form": ("form with fields to fill in", "表单，填写页面"),
    "table": ("table, list of rows", "表格，列表"),
    "tree": ("tree of folders and files", "目录树，文件夹结构"),
    "login": ("login page, sign in", "登录页，登录页面"),
    "code": ("source code, configuration file in an editor", "代码，配置文件"),
    "terminal": ("terminal, command line, console output", "终端，命令行"),
}
_COLOURS: dict[Colour, tuple[str, str]] = {
    "red": ("red", "红色"),
    "orange": ("orange", "橙色"),
    "yellow": ("yellow", "黄色"),
    "green": ("green", "绿色"),
    "cyan": ("light blue", "浅蓝色"),
    "blue": ("blue", "蓝色"),
    "purple": ("purple", "紫色"),
    "black": ("black", "黑色"),
    "gray": ("gray", "灰色"),
    "dark": ("dark", "深色"),
}
FEW_TEXTS, MANY_TEXTS = 10, 35
"""A diagram with no more labels is called simple, one with as many large."""


def describe(appearance: Appearance) -> str:
    """Three lines: what it looks like in English, the same in Chinese, and the words that are marked in it."""
    english = [_KINDS[kind][0] for kind in appearance.kinds]
    chinese = [_KINDS[kind][1] for kind in appearance.kinds]
    for condition, in_english, in_chinese in (
        ("diagram" in appearance.kinds and appearance.texts <= FEW_TEXTS, "simple", "简单"),
        ("diagram" in appearance.kinds and appearance.texts >= MANY_TEXTS, "big, full, overall", "大图，整体"),
        (appearance.background is not None, f"{_colour(appearance, 0)} background", f"{_colour(appearance, 1)}背景"),
        (appearance.frames > 0, "marked with a red box, boxed, circled", "红框圈出，框起来"),
        (appearance.arrow, "red arrow pointing", "红箭头指着"),
        (bool(appearance.letters) and "code" not in appearance.kinds, "red letters", "红字"),
    ):
        if condition:
            english.append(in_english)
            chinese.append(in_chinese)
    others = [_COLOURS[colour] for colour in appearance.colours if colour != appearance.background]
    english += [name for name, _ in others]
    chinese += [name for _, name in others]
    lines = [", ".join(english), "，".join(chinese), _marked(appearance)]
    return "\n".join(line for line in lines if line)


def _colour(appearance: Appearance, language: int) -> str:
    return _COLOURS[appearance.background][language] if appearance.background is not None else ""


def _marked(appearance: Appearance) -> str:
    marked = [f"{text}" for text in appearance.framed]
    for button in appearance.buttons:
        english, chinese = _COLOURS[button.colour]
        marked.append(f"{english} {chinese} button 按钮 {button.text}")
    marked += [letters.text for letters in appearance.letters]
    return " · ".join(dict.fromkeys(marked))

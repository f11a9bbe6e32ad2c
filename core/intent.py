"""What a message asks for: an answer, a picture to be shown, one like another, or a description of one."""

import re
from typing import Literal

Wants = Literal["answer", "picture", "similar", "description"]

_PICTURE_EN = (
    r"(?:pictures?|images?|diagrams?|screenshots?|(?:flow[ -]?)?charts?|graphs?|figures?|photos?|drawings?"
    r"|illustrations?|plots?|maps?|floor[ -]?plans?|mock-?ups?)"
)
_SHOW_EN = re.compile(
    r"\b(?:show|send|give|find|display|get|share|see|need|want|have|is there|are there|where is|which)\b.{0,60}"
    rf"\b{_PICTURE_EN}\b"
    rf"|^\W*(?:the\s+|an?\s+)?(?:[\w-]+\s+){{0,3}}{_PICTURE_EN}\s+(?:of|that|where|with|showing|for)\b"
    r"|\bwhat (?:does|do|did|would) .{1,80} look like\b",
    re.IGNORECASE | re.DOTALL,
)
_PICTURE_ZH = (
    r"(?:图片|截图|截屏|示意图|流程图|架构图|结构图|图表|照片|插图|曲线图|柱状图|折线图|地图|平面图|那张图|这张图|一张图"
    r"|图(?![书像形标案]))"
)
_SHOW_ZH = re.compile(
    rf"(?:看|展示|显示|发|找|给|要|有没有|有|来|贴|哪).{{0,40}}{_PICTURE_ZH}"
    rf"|{_PICTURE_ZH}\s*[。？?！!]?\s*$|长什么样|什么样子"
)
_THIS_ONE = r"(?:this|that|these|those|it|mine|the (?:one|first|second|third|last)|picture|image)"
_SIMILAR = re.compile(
    rf"\b(?:find|show|search|get|give|look for|have|there|any|more|other|another)\b.{{0,40}}\b{_PICTURE_EN}\b"
    rf".{{0,40}}\b(?:(?:like|resembl\w+|similar to|as)\s+{_THIS_ONE}\b|similar\b|alike\b)"
    rf"|\b(?:similar|lookalike)\s+(?:looking\s+)?{_PICTURE_EN}\b"
    r"|^\W*(?:please\s+|can you\s+|could you\s+)?(?:find|show|search)\b.{0,30}"
    r"\b(?:more|others?|ones?|something|anything)\b.{0,12}\b(?:like|similar)\b"
    r"|\breverse image search\b"
    r"|(?:找|搜|查|看|有没有|还有|给|来).{0,20}(?:类似|相似|相近|差不多|像这|像那|同样|一样).{0,12}(?:图|照片|截图|的)"
    r"|(?:类似|相似|相近)的?(?:图|照片|截图)|以图搜图",
    re.IGNORECASE | re.DOTALL,
)
_DESCRIBE = re.compile(
    r"^\W*(?:please\s+|can you\s+|could you\s+)?(?:describe|caption|transcribe|read)\b.{0,40}$"
    r"|^\W*what(?:'s| is| does| do)\b.{0,20}\b(?:in|on|this|the|it)\b.{0,20}"
    r"\b(?:picture|image|screenshot|photo|say|show)s?\W*$"
    r"|^\W*what (?:do|can) you see\b.{0,30}$"
    r"|^.{0,6}(?:描述|读一下|读出|识别).{0,12}$|(?:图|图片|截图|照片)(?:里|中|上)?(?:是什么|有什么|写了什么|说了什么)",
    re.IGNORECASE,
)


def what_is_wanted(question: str, *, has_pictures: bool) -> Wants:
    """Read the wish off the words of a question; `has_pictures` says whether pictures came with it."""
    text = question.strip()[:500]
    if has_pictures:
        if wants_similar(text):
            return "similar"
        return "description" if not text or _DESCRIBE.search(text) else "answer"
    if _SHOW_EN.search(text) or _SHOW_ZH.search(text):
        return "picture"
    return "answer"


def wants_similar(question: str) -> bool:
    """Whether a question looks for pictures like one that is at hand."""
    return _SIMILAR.search(question[:500]) is not None


_STOP = re.compile(
    r"\W*(?:(?:please )?(?:stop|cancel|abort|never ?mind)(?: (?:it|that|this|please|now))?"
    r"|请?(?:停|停止|停下|别说了|取消|算了)[吧了]?)\W*",
    re.IGNORECASE,
)


def wants_stop(text: str) -> bool:
    """Whether a message is nothing but the wish that the answer under way be stopped."""
    return len(text) <= 40 and _STOP.fullmatch(text.strip()) is not None


_WHY = re.compile(
    r"\W*(?:(?:but |and )?why (?:this|that|the|your) (?:answer|reply)"
    r"|why (?:do|did|would) you (?:say|think|answer|reply|believe)(?: (?:so|that|this|it))?"
    r"|how do you know(?: (?:that|this|it))?|where (?:do|did) you (?:get|have|find) (?:that|this|it)(?: from)?"
    r"|explain (?:this|that|the|your) (?:answer|reply)"
    r"|(?:你?为什么|为何)(?:这么|这样|会这么|会这样)(?:回答|说|讲|认为)|你?(?:怎么|如何|是怎么)知道的?"
    r"|(?:你的?)?(?:依据|根据)是什么|解释一?下?(?:这个|你的)回答)\W*",
    re.IGNORECASE,
)


def asks_why(text: str) -> bool:
    """Whether a message asks nothing but why the last answer is what it is.

    A bare "why?" does not: it asks for the reason of what was said, which the documents may tell.
    """
    return len(text) <= 60 and _WHY.fullmatch(text.strip()) is not None


_KNOWN = re.compile(
    r"\W*(?:(?:what|which (?:documents|sources|files)) (?:do|can) you (?:know|have|read|draw on)"
    r"|what(?: are| is|'s) (?:your|the) (?:sources|knowledge|documents))"
    r"(?: (?:here|about|of|now))?(?:,? and what are they about)?\W*"
    r"|\W*你(?:都|在这里|这里|现在)*(?:知道|读过|有)(?:些什么|了?哪些(?:内容|文档|资料|来源)|什么(?:内容|文档|资料|来源))"
    r"(?:[？?，,。\s]*都?讲了什么)?\W*",
    re.IGNORECASE,
)


def asks_what_is_known(text: str) -> bool:
    """Whether a message asks nothing but which sources there are to answer from."""
    return len(text) <= 80 and _KNOWN.fullmatch(text.strip()) is not None

"""Follow-up questions, understood from the conversation without a language model.

A message depends on what was said before when it points back ("how do I undo it?", "那怎么撤销？"), goes on ("and on
Windows?", "还有呢？") or hardly names anything of its own ("why?", "show me the diagram"). Then the topic words of the
questions before it are added, in brackets, so that search and reader have them. A question that stands alone stays
word for word: with what was talked about before, it would find less (`tests/bench/dialogue.py`).
"""

import re
from collections.abc import Sequence

from core.language import is_chinese
from core.messages import Message

OWN_WORDS = 2
"""A message with no more topic words than this hardly names anything of its own."""
TOPIC_WORDS = 12
ENOUGH_WORDS = 4
"""With fewer topic words than this from one question, the one before it is asked as well."""
LOOK_BACK = 3
LONGEST = 500
"""A message of more characters than this says itself what it is about."""

_FUNCTION_WORDS = (
    "a an the this that these those it its they them their there here he she him her his hers i me my mine we us our"
    " you your yours one ones and or but so then also too if of in on at to for from with by about as into over under"
    " between per via up down out off than is are was were be been being am do does did done doing have has had having"
    " can could will would shall should may might must what which who whom whose when where why how whether not no yes"
    " ok okay please thanks thank hi hello hey sorry well oh just only even still ever really very more most much many"
    " some any all each every other another such same both either neither else again instead tell give show send"
    " find see look explain describe list know want need like mean meant think say said talk speaking heard understand"
    " help way thing things something anything let get got go make use using used s m re ve ll d t good bad great nice"
    " sure interesting information info question questions detail details example examples different difference"
    " picture pictures image images diagram diagrams screenshot screenshots chart charts figure figures photo photos"
)
_FUNCTION_ENGLISH = frozenset(_FUNCTION_WORDS.split())
_WORD = re.compile(r"[A-Za-z0-9\u00c0-\u024f](?:[\w.'’@:/&+#-]*[\w+#])?")
_CONTRACTED = re.compile(r"(?:n['’]t|['’]\w{1,2})$")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
# Words that ask, point or join; what remains of a Chinese question names its topic. Longer ones first.
_FUNCTION_CHINESE = re.compile(
    r"为什么|怎么样|怎么办|什么样|怎么|怎样|如何|什么|为啥|是不是|有没有|能不能|可不可以|要不要|会不会|是否|请问|请"
    r"|告诉|给我|发我|看看|看一下|展示|显示|介绍|说明|解释|一下|一张|一个|哪里|哪儿|哪个|哪些|哪|多少|几个"
    r"|我们|你们|他们|她们|它们|咱们|大家|这个|那个|这些|那些|这里|那里|这样|那样|这|那|它|他|她|我|你|您"
    r"|上面|刚才|前者|后者|其他|其它|另外|还有|然后|接着|所以|但是|可是|不过|而且|那么|以及|或者|如果|要是|的话"
    r"|可以|应该|需要|想要|想|要|能|会|在|和|跟|与|把|被|对|从|用|是|有|都|也|就|还|再|又|吗|呢|吧|啊|呀|么|嘛"
    r"|谢谢|多谢|感谢|好的|好|图片|截图|照片|示意图|图|(?<!目)的|了"
)

_POINTS_BACK = re.compile(
    r"\b(?:its?|they|them|theirs?|these|those|he|him|his|she|her|hers|ones?|both|either|neither|another|others?|same"
    r"|such)\b"
    r"|\b(?:this|that)\b(?=\W*(?:$|[?.!,]|(?:is|was|does|did|do|can|will|would|should|has|work|mean|apply|one|part|case"
    r"|way|page|option|step)\b))"
    r"|\b(?:the|this|that) (?:first|second|third|last|other|latter|former|previous|next)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"^\W*(?:and|or|but|so|then|also|what about|how about|what if|why|yes|no|i mean|i meant|not|by the way|is that"
    r"|are those|any|even|actually|else)\b",
    re.IGNORECASE,
)
_ASKS_WHAT_IS = re.compile(
    r"^\W*(?:what|who)(?:['’]s| is| are| was| were)\s+(?:an?\s+|the\s+)?[\w.+-]+(?:\s+[\w.+-]+){0,3}\W*$", re.IGNORECASE
)
_ASKS_FULLY = re.compile(r"^\W*(?:how|where|when|can|should)\b.*\b(?:i|we|you|one|an?|the|my|our)\b", re.IGNORECASE)
_NAMES_ITS_PICTURE = re.compile(
    r"\b(?:picture|image|diagram|screenshot|chart|figure|photo)s?\s+(?:of|that|which|with|showing|for|where)\s",
    re.IGNORECASE,
)
_POINTS_BACK_CHINESE = re.compile(
    r"[它她]|(?<![其吉])他(?!们的?公司)|这(?:个|些|样|里|种|两|一|是|会|能|要|怎|有|该)|那(?:个|些|样|里|种|两|一|是|会|能|要|有|该)"
    r"|该怎么|前者|后者|上面|上述|刚才|刚刚|第[一二三四五]个|另一[个种]|其[他它余]|其中|同样"
)
_GOES_ON_CHINESE = re.compile(
    r"^\W*(?:那|那么|还有|另外|然后|接着|所以|但是|可是|不过|而且|以及|或者|再|换成|如果是|要是|为什么|为啥|不是|我是说|我是指|也)"
    r"|呢\W*$"
)
_COURTESY = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|cheers|great|perfect|good|nice|cool|got it"
    r"|i see|i understand|hi|hello|hey|bye|谢谢[你您]?|多谢|感谢|好的?|明白了?|知道了|收到|你好|您好|再见)\W*)+$",
    re.IGNORECASE,
)


def standalone_question(history: Sequence[Message], message: Message) -> str:
    """The message as it reads without the conversation.

    Args:
        history: earlier messages of the conversation, oldest first.
        message: the new one.

    Returns:
        Its text, word for word where it stands alone; else with topic words of the conversation behind it, in brackets.
    """
    text = message.text
    questions = [one.text for one in history if one.role == "person" and not _COURTESY.match(one.text[:LONGEST])]
    if not text.strip() or not history or not depends_on_history(text) or _COURTESY.match(text):
        return text
    topic = _topic(questions, known=topic_words(text)) or _answered_topic(history)
    if not topic:
        return text
    joined = " ".join(topic)
    return f"{text.rstrip()}（{joined}）" if is_chinese(text) else f"{text.rstrip()} ({joined})"


def depends_on_history(text: str) -> bool:
    """Whether a message, in English or Chinese, can't be understood without the ones before it."""
    if len(text) > LONGEST:
        return False
    words = topic_words(text)
    if is_chinese(text):
        if _GOES_ON_CHINESE.search(text) or sum(map(len, words)) <= OWN_WORDS:
            return True
        points = _POINTS_BACK_CHINESE.search(text)
        return points is not None and sum(map(len, topic_words(text[: points.start()]))) <= OWN_WORDS
    points = _POINTS_BACK.search(text)
    goes_on = _GOES_ON.search(text) is not None
    if words and points is None and not goes_on and _names_enough(text, len(words)):
        return False
    if goes_on or len(words) <= OWN_WORDS:
        return True
    # A pronoun behind several topic words points at them: "if I have an old release, how do I delete it?"
    return points is not None and len(topic_words(text[: points.start()])) <= OWN_WORDS


def _names_enough(text: str, words: int) -> bool:
    """Whether a short English question says all the same what it is about."""
    if _ASKS_WHAT_IS.match(text) or _NAMES_ITS_PICTURE.search(text):
        return True
    return words >= OWN_WORDS and _ASKS_FULLY.match(text) is not None


def topic_words(text: str) -> list[str]:
    """The words that name what a text is about, in order: without those that ask, point, join or thank."""
    found = [(match.start(), match.group()) for match in _WORD.finditer(text) if not _is_function(match.group())]
    for match in _HAN.finditer(text):
        at = match.start()
        for piece in _FUNCTION_CHINESE.split(match.group()):
            if piece:
                found.append((text.find(piece, at), piece))
                at = found[-1][0] + len(piece)
    return [word for _, word in sorted(found)]


def _is_function(word: str) -> bool:
    lowered = word.lower()
    return lowered in _FUNCTION_ENGLISH or _CONTRACTED.sub("", lowered) in _FUNCTION_ENGLISH


def _topic(questions: Sequence[str], known: Sequence[str]) -> list[str]:
    """Topic words of the last questions, newest first, back to one that stands alone and says enough."""
    seen = {word.lower() for word in known}
    topic: list[str] = []
    for question in list(reversed(questions))[:LOOK_BACK]:
        for word in topic_words(question[:LONGEST]):
            if word.lower() not in seen:
                seen.add(word.lower())
                topic.append(word)
        if not depends_on_history(question) or len(topic) >= ENOUGH_WORDS:
            break
    return topic[:TOPIC_WORDS]


def _answered_topic(history: Sequence[Message]) -> list[str]:
    """Where no question names a topic: the first words of the last answer."""
    for message in reversed(history):
        if message.role == "assistant":
            return topic_words(message.text[:200])[:ENOUGH_WORDS]
    return []

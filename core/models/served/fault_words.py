"""What a person is told of each fault of a served model, and what can be done, in English and Chinese."""

_ASK = "Tell whoever runs Lorelens."
_ASK_ZH = "请告诉 Lorelens 的管理员。"

WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "key": {
        "en": (
            "The server of the model {model} does not accept the key{detail}.",
            f"{_ASK} To be set: LORELENS_MODEL_API_KEY.",
        ),
        "zh": ("模型 {model} 的服务器不接受密钥{detail}。", f"{_ASK_ZH}需要设置 LORELENS_MODEL_API_KEY。"),
    },
    "forbidden": {
        "en": (
            "The key that is configured may not use the model {model}{detail}.",
            f"{_ASK} The key needs access to this model, or another model must be named.",
        ),
        "zh": ("所配置的密钥无权使用模型 {model}{detail}。", f"{_ASK_ZH}需要为密钥开通该模型，或换一个模型。"),
    },
    "unknown_model": {
        "en": (
            "The server does not know the model {model}, or there is nothing at this address{detail}.",
            f"{_ASK} To be checked: LORELENS_MODEL and LORELENS_MODEL_BASE_URL (it usually ends in /v1).",
        ),
        "zh": (
            "服务器不认识模型 {model}，或者地址不对{detail}。",
            f"{_ASK_ZH}请检查 LORELENS_MODEL 和 LORELENS_MODEL_BASE_URL（通常以 /v1 结尾）。",
        ),
    },
    "busy": {
        "en": ("The model {model} has too much to do right now{detail}.", "Try again{wait}."),
        "zh": ("模型 {model} 现在太忙{detail}。", "请{wait}再试。"),
    },
    "quota": {
        "en": (
            "The quota of the model {model} is used up{detail}.",
            f"{_ASK} Only a larger quota helps, or another model.",
        ),
        "zh": ("模型 {model} 的额度已经用完{detail}。", f"{_ASK_ZH}需要提高额度，或换一个模型。"),
    },
    "failing": {
        "en": (
            "The server of the model {model} failed{detail}.",
            "Try again in a moment; if it stays so, tell whoever runs Lorelens.",
        ),
        "zh": ("模型 {model} 的服务器出错了{detail}。", f"请稍后再试；如果一直这样，{_ASK_ZH}"),
    },
    "away": {
        "en": (
            "The server of the model {model} can't be reached{detail}.",
            "Try again in a moment; if it stays so, tell whoever runs Lorelens: is the server running, and is "
            "LORELENS_MODEL_BASE_URL right?",
        ),
        "zh": (
            "连不上模型 {model} 的服务器{detail}。",
            "请稍后再试；如果一直这样，请告诉 Lorelens 的管理员：服务器在运行吗？LORELENS_MODEL_BASE_URL 对吗？",
        ),
    },
    "silent": {
        "en": (
            "The model {model} was silent for too long{detail}.",
            "Try again, or ask something smaller; whoever runs Lorelens can set LORELENS_MODEL_TIMEOUT.",
        ),
        "zh": (
            "模型 {model} 太久没有回应{detail}。",
            "请再试一次，或问一个小一些的问题；管理员可以调整 LORELENS_MODEL_TIMEOUT。",
        ),
    },
    "too_long": {
        "en": (
            "This is more than the model {model} can read at once{detail}.",
            "Ask with fewer or smaller pictures, ask a shorter question, or begin a new conversation.",
        ),
        "zh": ("内容超出了模型 {model} 一次能读的长度{detail}。", "请减少图片、缩短问题，或开始新的对话。"),
    },
    "filtered": {
        "en": ("A content filter of the model {model} stopped the answer{detail}.", "Ask in other words."),
        "zh": ("模型 {model} 的内容过滤器拦下了回答{detail}。", "请换一种问法。"),
    },
    "refused": {
        "en": (
            "The server of the model {model} did not accept the question{detail}.",
            f"{_ASK} `lorelens doctor` checks it.",
        ),
        "zh": ("模型 {model} 的服务器没有接受这个问题{detail}。", f"{_ASK_ZH}可以用 `lorelens doctor` 检查。"),
    },
    "broken_off": {
        "en": (
            "The answer of the model {model} broke off here{detail}.",
            "What came so far stands above. Ask again for the whole of it.",
        ),
        "zh": ("模型 {model} 的回答到这里中断了{detail}。", "上面是已经收到的部分；想要完整的回答，请再问一次。"),
    },
    "garbled": {
        "en": (
            "What came from the server of the model {model} can't be understood{detail}.",
            f"{_ASK} Is LORELENS_MODEL_BASE_URL the address of an OpenAI-compatible server (ending in /v1)?",
        ),
        "zh": (
            "模型 {model} 的服务器返回的内容无法理解{detail}。",
            f"{_ASK_ZH}LORELENS_MODEL_BASE_URL 是 OpenAI 兼容服务的地址（以 /v1 结尾）吗？",
        ),
    },
    "empty": {
        "en": ("The model {model} said nothing{detail}.", "Try again, or ask in other words."),
        "zh": ("模型 {model} 没有给出任何文字{detail}。", "请再试一次，或换一种问法。"),
    },
    "unexpected": {
        "en": (
            "The model {model} did not answer{detail}.",
            "Try again; if it stays so, ask whoever runs Lorelens to check the model with `lorelens doctor`.",
        ),
        "zh": ("模型 {model} 没有回答{detail}。", "请再试一次；如果一直这样，请管理员用 `lorelens doctor` 检查模型。"),
    },
}

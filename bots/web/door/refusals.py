"""What the door says when it does not let a request through, in both languages."""

from core.errors import LorelensError


class RefusedError(LorelensError):
    """A request that is not let through: `status` is HTTP's, `retry_after` in seconds where it is for now only."""

    def __init__(
        self,
        status: int,
        english: tuple[str, str],
        chinese: tuple[str, str],
        *,
        retry_after: float = 0,
        closes: bool = False,
    ) -> None:
        super().__init__(english[0], hint=english[1])
        self.chinese = chinese
        self.status = status
        self.headers: dict[str, str] = {}
        if retry_after:
            self.headers["Retry-After"] = str(max(1, round(retry_after + 0.5)))
        if closes:  # what is left of the request is not read
            self.headers["Connection"] = "close"


def unclear_host() -> RefusedError:
    """There is no Host, or one that is none."""
    return RefusedError(
        400,
        ("The request does not say which host it is for.", "Open the page by its address, in a browser."),
        ("请求没有说明要访问的主机。", "请在浏览器中用网址打开本页面。"),
    )


def other_host() -> RefusedError:
    """The page is not reached by this name."""
    return RefusedError(
        421,
        (
            "Lorelens does not answer to this name.",
            "Open it by the address at which it was set up; whoever runs it adds names with LORELENS_WEB_HOSTS.",
        ),
        ("Lorelens 不以这个主机名提供服务。", "请用配置好的网址打开；管理员可以用 LORELENS_WEB_HOSTS 添加主机名。"),
    )


def came_by_proxy() -> RefusedError:
    """Nobody is asked who they are, and yet a proxy stands before the page."""
    return RefusedError(
        403,
        (
            "A proxy passed this request on, but nobody is asked who they are here.",
            "Set LORELENS_WEB_LOGIN to password or proxy, and name the proxy with LORELENS_WEB_PROXIES "
            "(docs/web-access.md).",
        ),
        (
            "这个请求由代理转发，但这里没有设置登录。",
            "请把 LORELENS_WEB_LOGIN 设为 password 或 proxy，并用 LORELENS_WEB_PROXIES 写明代理。",
        ),
    )


def unbelieved_proxy() -> RefusedError:
    """Somebody names a person who is not the proxy."""
    return RefusedError(
        403,
        (
            "Only the proxy in front of Lorelens may say who somebody is.",
            "Open the page by the proxy's address; whoever runs it names the proxy with LORELENS_WEB_PROXIES.",
        ),
        (
            "只有 Lorelens 前面的代理才能说明访问者是谁。",
            "请通过代理的网址打开；管理员用 LORELENS_WEB_PROXIES 写明代理。",
        ),
    )


def unclear_proxy() -> RefusedError:
    """The proxy names nobody who can be told from others."""
    return RefusedError(
        400,
        (
            "The proxy does not say clearly who is asking.",
            "It must set its headers once, in the place of what the browser sent (docs/web-access.md).",
        ),
        ("代理没有清楚地说明访问者是谁。", "代理必须只设置一次请求头，并覆盖浏览器发来的值（docs/web-access.md）。"),
    )


def other_origin() -> RefusedError:
    """Another page wants something done in the visitor's name."""
    return RefusedError(
        403,
        ("This request comes from another page, and was not carried out.", "Do it on Lorelens' own page."),
        ("这个请求来自其他网页，没有执行。", "请在 Lorelens 自己的页面上操作。"),
    )


def no_csrf_token() -> RefusedError:
    """The request is not bound to the visitor's session."""
    return RefusedError(
        403,
        ("This page is out of date, and nothing was changed.", "Load it again, and try once more."),
        ("这个页面已经过期，没有做任何更改。", "请重新加载页面再试一次。"),
    )


def unsafe_body() -> RefusedError:
    """A body that a page elsewhere could send too."""
    return RefusedError(
        415,
        (
            "Without a token, a body must be application/json, or multipart/form-data with the header X-Lorelens.",
            "Send that, or a token (docs/api.md).",
        ),
        (
            "没有令牌时，请求体必须是 application/json，或带有 X-Lorelens 请求头的 multipart/form-data。",
            "请这样发送，或使用令牌（docs/api.md）。",
        ),
    )


def no_people() -> RefusedError:
    """Who may get in can't be read; the log says why."""
    return RefusedError(
        503,
        ("Nobody can be let in right now.", "Whoever runs Lorelens finds the reason in its log."),
        ("目前无法让任何人进入。", "管理员可以在日志中查看原因。"),
    )


def too_large(limit: int) -> RefusedError:
    """More bytes than are taken."""
    size = f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit // 1000} KB"
    return RefusedError(
        413,
        (f"This is too large: {size} are taken at once.", "Send less at a time, or smaller files."),
        (f"内容太大：一次最多接收 {size}。", "请分几次发送，或使用更小的文件。"),
        closes=True,
    )


def too_many(retry_after: float) -> RefusedError:
    """Too much in a short time."""
    minutes = max(1, round(retry_after / 60 + 0.5))
    return RefusedError(
        429,
        ("That was a lot in a short time.", f"Please try again in {minutes} minute{'s' * (minutes > 1)}."),
        ("短时间内操作太多了。", f"请在{minutes} 分钟后再试。"),
        retry_after=retry_after,
    )

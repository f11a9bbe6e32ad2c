"""The web pages of an installation by OAuth: plain, self-contained, in English or Chinese as the browser asks.

Nothing is loaded from anywhere, and nobody may frame them; what stands in the address goes to nobody (no referrer).
"""

from dataclasses import dataclass
from html import escape

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_STYLE = (
    "body{font:1.05rem/1.6 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.2rem;color:#1d1c1d;"
    "background:#fff}a.go{display:inline-block;padding:.6rem 1.2rem;border-radius:.4rem;background:#27364a;color:#fff;"
    "text-decoration:none}a{color:#1264a3}.quiet{color:#5c5b5d;font-size:.9rem}@media(prefers-color-scheme:dark)"
    "{body{background:#1a1d21;color:#e8e8e8}a{color:#7ab8e0}a.go{background:#e8e8e8;color:#1a1d21}.quiet{color:#aaa}}"
)


@dataclass(frozen=True)
class PageTexts:
    """What the pages say in one language; `failures` has what happened and what to do, by Bolt's or Slack's reason."""

    language: str
    install_title: str
    install_text: str
    install_button: str
    install_note: str
    done_title: str
    done_text: str
    done_steps: tuple[str, ...]
    done_organization: str
    done_organization_link: str
    done_open: str
    done_browser: str
    failed_title: str
    failures: dict[str, tuple[str, str]]
    other_failure: tuple[str, str]
    again: str
    reason: str


_BEGIN_AGAIN = "Begin again from here, in the same browser, and finish within ten minutes."
_AGAIN_ZH = "请在同一个浏览器里从这里重新开始，并在十分钟内完成。"

ENGLISH = PageTexts(
    language="en",
    install_title="Add Lorelens to Slack",
    install_text="Lorelens answers questions from your team's documents and pictures, in threads, directly, and with "
    "/ask. In a channel it uses only what everybody there may see.",
    install_button="Add to Slack",
    install_note="Slack shows what is asked for before you allow it. Some workspaces want an admin's approval.",
    done_title="Lorelens is installed in {place}",
    done_text="What to do next, in Slack:",
    done_steps=(
        "Invite it to a channel: /invite @Lorelens",
        "Mention it there with a question, or a picture: @Lorelens how do we roll back?",
        "Or write to it directly; it stands under Apps.",
    ),
    done_organization="It is installed for the organization. Now an admin chooses the workspaces that get it.",
    done_organization_link="Choose workspaces",
    done_open="Open Slack",
    done_browser="or in the browser",
    failed_title="Lorelens was not installed",
    failures={
        "access_denied": ("Slack was not allowed to install it.", "If that was a mistake, begin again."),
        "invalid_browser": ("This is not the browser that the installation began in.", _BEGIN_AGAIN),
        "invalid_state": ("The installation took too long, or this page was opened a second time.", _BEGIN_AGAIN),
        "missing_code": ("Slack sent no code along.", _BEGIN_AGAIN),
        "invalid_code": (
            "Slack did not accept the code.",
            "Begin again. If it happens again: does LORELENS_SLACK_CLIENT_SECRET belong to the app?",
        ),
        "storage_error": ("The installation could not be kept.", "Tell whoever runs Lorelens; then begin again."),
        "unavailable": ("Slack, or Lorelens's own store, does not answer right now.", "Begin again in a few minutes."),
        "invalid_team_for_non_distributed_app": (
            "The app may be installed in its own workspace only.",
            "Its owner turns on Manage Distribution in the app's settings, or installs it there.",
        ),
        "bad_redirect_uri": (
            "Slack does not know the address that it is to come back to.",
            "Under OAuth & Permissions, the redirect URLs must contain LORELENS_SLACK_PUBLIC_URL and "
            "/slack/oauth_redirect.",
        ),
    },
    other_failure=("Slack refused.", "Begin again, or ask whoever runs Lorelens."),
    again="Begin again",
    reason="Reason",
)

CHINESE = PageTexts(
    language="zh-CN",
    install_title="把 Lorelens 添加到 Slack",
    install_text="Lorelens 根据团队的文档和图片回答问题：可以在消息列里，可以私信，也可以用 /ask。"
    "在频道里，它只使用那里所有人都能看到的内容。",
    install_button="添加到 Slack",
    install_note="在你允许之前，Slack 会列出所需的权限。有些工作区需要管理员批准。",
    done_title="Lorelens 已安装到 {place}",
    done_text="接下来，在 Slack 里：",
    done_steps=(
        "邀请它进入频道：/invite @Lorelens",
        "在频道里提及它并提问，也可以附上图片：@Lorelens 怎么回滚一次部署？",
        "或者直接给它发私信，它在“应用”一栏里。",
    ),
    done_organization="已为整个组织安装。接下来由管理员选择哪些工作区可以使用它。",
    done_organization_link="选择工作区",
    done_open="打开 Slack",
    done_browser="或在浏览器里打开",
    failed_title="没有安装 Lorelens",
    failures={
        "access_denied": ("没有允许 Slack 安装它。", "如果是误操作，请重新开始。"),
        "invalid_browser": ("这不是开始安装时所用的浏览器。", _AGAIN_ZH),
        "invalid_state": ("安装用时太久，或者这个页面被打开了第二次。", _AGAIN_ZH),
        "missing_code": ("Slack 没有带回授权码。", _AGAIN_ZH),
        "invalid_code": (
            "Slack 不接受这个授权码。",
            "请重新开始。如果仍然如此：LORELENS_SLACK_CLIENT_SECRET 是这个应用的吗？",
        ),
        "storage_error": ("安装信息没能保存下来。", "请告诉运行 Lorelens 的人，然后重新开始。"),
        "unavailable": ("Slack 或 Lorelens 自己的存储暂时没有响应。", "请过几分钟重新开始。"),
        "invalid_team_for_non_distributed_app": (
            "这个应用只能安装在它自己的工作区里。",
            "请应用的所有者在应用设置里打开 Manage Distribution，或在那个工作区安装。",
        ),
        "bad_redirect_uri": (
            "Slack 不认识要返回的地址。",
            "在 OAuth & Permissions 里，重定向地址必须包含 LORELENS_SLACK_PUBLIC_URL 加上 /slack/oauth_redirect。",
        ),
    },
    other_failure=("Slack 拒绝了。", "请重新开始，或询问运行 Lorelens 的人。"),
    again="重新开始",
    reason="原因",
)


def texts_for_browser(accept_language: str) -> PageTexts:
    """Chinese where the browser likes it best, by its Accept-Language header; else English."""
    best, best_weight = "", 0.0
    for item in accept_language.split(","):
        name, _, parameter = item.partition(";")
        weight = _weight(parameter)
        if weight > best_weight and name.strip().lower().split("-")[0] in {"zh", "en"}:
            best, best_weight = name.strip().lower(), weight
    return CHINESE if best.startswith("zh") else ENGLISH


def install_page(url: str, texts: PageTexts) -> str:
    """The page from which somebody goes to Slack's own."""
    body = [
        _p(texts.install_text),
        f'<p><a class="go" href="{escape(url)}">{escape(texts.install_button)}</a></p>',
        _p(texts.install_note, "quiet"),
    ]
    return _page(texts.install_title, body, texts)


def done_page(place: str, texts: PageTexts, *, app: str, team: str, organization_url: str = "") -> str:
    """It is installed; what to do next. `organization_url` is where an admin chooses an organization's workspaces."""
    body: list[str] = []
    if organization_url:
        link = f"{organization_url.rstrip('/')}/manage/organization/apps/profile/{app}/workspaces/add"
        body += [_p(texts.done_organization), _link(link, texts.done_organization_link, go=True)]
    steps = "".join(f"<li>{escape(step)}</li>" for step in texts.done_steps)
    body += [_p(texts.done_text), f"<ol>{steps}</ol>"]
    if team and not organization_url:
        opened = f'<a class="go" href="{escape(f"slack://app?team={team}&id={app}")}">{escape(texts.done_open)}</a>'
        browser = f'<a href="{escape(f"https://app.slack.com/client/{team}")}">{escape(texts.done_browser)}</a>'
        body.append(f"<p>{opened} {browser}</p>")
    return _page(texts.done_title.format(place=place or "Slack"), body, texts)


def failed_page(reason: str, again: str, texts: PageTexts) -> str:
    """It is not installed; why, and what to do."""
    happened, remedy = texts.failures.get(reason, texts.other_failure)
    body = [_p(happened), _p(remedy), _link(again, texts.again, go=True), _p(f"{texts.reason}: {reason[:80]}", "quiet")]
    return _page(texts.failed_title, body, texts)


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _p(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def _link(url: str, text: str, *, go: bool = False) -> str:
    return f'<p><a{" class=go" if go else ""} href="{escape(url)}">{escape(text)}</a></p>'


def _page(title: str, body: list[str], texts: PageTexts) -> str:
    return (
        f'<!doctype html><html lang="{texts.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{''.join(body)}</main></body></html>\n"
    )

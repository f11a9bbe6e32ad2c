"""What the page on which one signs in says."""

from bots.web.pages import Words

WORDS: Words = {
    "en": {
        "sign_in": "Sign in",
        "welcome": "Welcome back",
        "what": "Ask about what your team knows.",
        "name": "Name",
        "password": "Password",
        "wrong": "That name and password don't go together. Please try again.",
        "wait": "There were too many tries. Please wait {minutes} min and try again.",
        "no_account": "No account yet? Whoever runs Lorelens here adds you.",
        "by_proxy": "You sign in before you get here",
        "by_proxy_hint": "The address that you opened did not say who you are. Open Lorelens by the address at which "
        "your team signs in, or ask whoever runs it.",
    },
    "zh": {
        "sign_in": "登录",
        "welcome": "欢迎回来",
        "what": "向团队的知识提问。",
        "name": "用户名",
        "password": "密码",
        "wrong": "用户名和密码不匹配，请再试一次。",
        "wait": "尝试次数过多，请等待 {minutes} 分钟后再试。",
        "no_account": "还没有账号？请联系 Lorelens 的管理员添加。",
        "by_proxy": "请先在团队的登录页面登录",
        "by_proxy_hint": "您打开的网址没有说明您是谁。请通过团队的登录网址打开 Lorelens，或联系管理员。",
    },
}

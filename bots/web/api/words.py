"""The words of the reference's frame; what the API itself says is in English, as its description is."""

from bots.web.pages import Words

WORDS: Words = {
    "en": {
        "title": "HTTP API",
        "lead": "Ask Lorelens, search what it knows, and manage your conversations, from any program.",
        "token": "Send a token with each request, as Authorization: Bearer lorelens_…. Whoever runs Lorelens makes one "
        "with this command; it sees what its person may see. On a machine where nobody is asked who they are, no token "
        "is needed.",
        "machine": "The description for programs (OpenAPI 3.1):",
        "operations": "Operations",
        "parameters": "Parameters",
        "body": "Body",
        "answer": "Answer",
        "outcomes": "What may come of it",
        "example": "Example",
        "comes_back": "What comes back",
        "name": "Name",
        "kind": "Kind",
        "about": "What it is",
        "status": "Status",
        "needed": "needed",
        "in_english": "",
    },
    "zh": {
        "title": "HTTP API",
        "lead": "从任何程序向 Lorelens 提问、搜索它所知道的内容、管理自己的对话。",
        "token": "每个请求都要带上令牌：Authorization: Bearer lorelens_…。管理员用下面的命令生成；令牌能看到的内容与其"
        "所有者相同。在不要求登录的本机上不需要令牌。",
        "machine": "供程序使用的描述（OpenAPI 3.1）：",
        "operations": "接口",
        "parameters": "参数",
        "body": "请求体",
        "answer": "响应",
        "outcomes": "可能的结果",
        "example": "示例",
        "comes_back": "返回内容",
        "name": "名称",
        "kind": "类型",
        "about": "说明",
        "status": "状态码",
        "needed": "必填",
        "in_english": "接口说明以英文书写。",
    },
}

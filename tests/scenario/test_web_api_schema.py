"""The API keeps to its description, whatever is sent: schemathesis makes up requests, right and wrong ones."""

import asyncio
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from bots.web.api.routes import description
from tests.web_stage import StartPage

EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.mark.slow
async def test_every_answer_is_one_that_the_description_names(start_page: StartPage) -> None:
    page = await start_page(web_login="password", questions_person=0, questions_channel=0, questions_workspace=0)
    await page.person("ada")
    token = await page.token("ada")
    async with page.program(token) as program:
        asked = await program.post("/api/ask", json={"question": "rollback?"}, headers={"accept": "application/json"})
        known = {name: asked.json()[field] for name, field in (("thread", "conversation"), ("question", "question"))}
        found = await program.post("/api/search", json={"query": "rollback", "kinds": ["picture"]})
        known["sha256"] = found.json()["passages"][0]["picture"]["sha256"]
    tried = await asyncio.to_thread(_try_all, page.url, {"Authorization": f"Bearer {token}"}, known)
    assert {200, 204, 404, 422} <= tried


def _try_all(url: str, headers: dict[str, str], known: dict[str, str]) -> set[int]:
    """Send what is made up for each operation; the statuses that came back. Half of what names something in an address
    names something that is there; what deletes it comes last."""
    schema: Any = schemathesis.openapi.from_dict(description())
    tried: set[int] = set()

    def send(case: Any, real: bool) -> None:
        if real:
            case.path_parameters = {name: known[name] for name in case.path_parameters or ()}
        # Parameters that are not known are passed over in an address, as is usual; so wrong ones may be answered.
        excluded = [cast(Any, checks).negative_data_rejection]
        response = case.call_and_validate(base_url=url, headers=headers, excluded_checks=excluded, timeout=30)
        tried.add(response.status_code)

    operations: list[Any] = [one.ok() for one in schema.get_all_operations()]
    for operation in sorted(operations, key=lambda one: one.method == "delete"):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            EXAMPLES(given(operation.as_strategy(generation_mode=mode), st.booleans())(send))()
    return tried

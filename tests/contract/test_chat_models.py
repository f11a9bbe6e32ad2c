"""What every local model keeps, whatever its architecture: answers of a batch are those of one by one, nothing is lost.

Each family is a tiny model of the real classes, loaded from a folder; what it should say, transformers' own `generate`
says, asked one by one.
"""

import asyncio
import gc
from collections.abc import AsyncGenerator
from typing import Any, cast

import psutil
import pytest
import torch
from langchain import agents
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool

from core.errors import ModelUnavailableError, PictureError
from core.models.local.loading import LoadedModel
from core.models.local.sampling import GenerationOptions
from tests.contract.local_models import Open, asked, opened, picture, questions, until
from tests.tiny_models import FAMILIES

TOKENS = 12
LONG = GenerationOptions(max_tokens=400)
SHORT = GenerationOptions(max_tokens=TOKENS)
LOOK = {
    "type": "function",
    "function": {
        "name": "look",
        "description": "Look at a picture.",
        "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
    },
}


@pytest.fixture(params=list(FAMILIES))
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def model(family: str) -> AsyncGenerator[Open]:
    async with opened(family) as model:
        yield model


@pytest.fixture
async def llava() -> AsyncGenerator[Open]:
    async with opened("llava") as model:
        yield model


async def test_answers_of_a_batch_are_those_of_generate_one_by_one(model: Open) -> None:
    prompts = [model.prompt(question) for question in questions()]
    expected = [await model.generated(prompt, TOKENS) for prompt in prompts]
    assert len(set(expected)) == len(expected), "the questions are told apart"
    together = await asyncio.gather(*(model.ids(prompt, SHORT) for prompt in [*prompts, *reversed(prompts)]))
    assert together == [*expected, *reversed(expected)]


async def test_who_comes_later_joins_between_steps_where_the_cache_allows_it(model: Open, family: str) -> None:
    first, second = model.prompt(questions()[0]), model.prompt(questions()[1])
    expected = await model.generated(second, TOKENS)
    joins = FAMILIES[family].joins
    long = model.engine.generate(first, GenerationOptions(max_tokens=2000 if joins else 40))
    await anext(long)  # it runs
    later = asyncio.create_task(model.finish(second, SHORT))
    if joins:
        assert (await later).ids == expected
        await until(lambda: model.engine.running == 1, "the first one still runs")
        await long.aclose()
    else:
        await until(lambda: model.engine.waiting == 1, "it waits")
        async for _ in long:
            assert not later.done()
        assert (await later).ids == expected


@pytest.mark.parametrize("family", ["llava", "qwen3-vl", "gemma3"], indirect=True)
async def test_an_answer_is_the_same_whoever_joins_and_leaves_beside_it(model: Open) -> None:
    prompts = [model.prompt(question) for question in questions()]
    lengths = [40, 3, 17, 1, 25, 9]
    expected = [await model.generated(prompt, length) for prompt, length in zip(prompts, lengths, strict=True)]

    async def later(number: int) -> tuple[int, ...]:
        for _ in range(number):
            await model.ids(prompts[number], GenerationOptions(max_tokens=2))
        return await model.ids(prompts[number], GenerationOptions(max_tokens=lengths[number]))

    assert await asyncio.gather(*(later(number) for number in range(len(prompts)))) == expected


async def test_streaming_starts_before_generation_ends_and_adds_up(model: Open) -> None:
    prompt = model.prompt(questions()[0])
    pieces = [piece async for piece in model.engine.generate(prompt, GenerationOptions(max_tokens=30))]
    assert len(pieces) > 5
    assert [piece.finish is None for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    finish = pieces[-1].finish
    assert finish is not None
    text = model.engine.loaded.tokenizer.decode(finish.ids, skip_special_tokens=True)
    assert "".join(piece.text for piece in pieces) == text


async def test_several_pictures_in_several_turns(model: Open, family: str) -> None:
    conversation = [
        SystemMessage("you see"),
        asked("what is it?", "red"),
        AIMessage("a red square"),
        asked("and what is it?", "blue", "green"),
    ]
    prompt = model.prompt(*conversation)
    assert [image.getpixel((20, 20)) for image in prompt.pictures] == [(255, 0, 0), (0, 0, 255), (0, 128, 0)]
    assert await model.ids(prompt, SHORT) == await model.generated(prompt, TOKENS)
    if FAMILIES[family].joins:  # the others hardly see what stands further back than their window
        fewer = model.prompt(*conversation[:1], *conversation[2:])
        assert await model.ids(fewer, SHORT) != await model.ids(prompt, SHORT)


async def test_pictures_that_tools_opened_are_seen(model: Open, family: str) -> None:
    call = AIMessage("", tool_calls=[{"name": "look", "args": {"at": "circle"}, "id": "call00001"}])
    for colour in ("red", "blue"):
        seen: list[str | dict[str, Any]] = [picture(colour), {"type": "text", "text": "three"}]
        result = ToolMessage(seen, tool_call_id="call00001", name="look")
        prompt = model.prompt(asked("what is it?"), call, result, tools=[LOOK])
        assert len(prompt.pictures) == 1
        assert "circle" in prompt.text and "three" in prompt.text
        assert ("Look at a picture." in prompt.text) == FAMILIES[family].calls_tools == model.chat.calls_tools
        assert await model.ids(prompt, SHORT) == await model.generated(prompt, TOKENS)


async def test_the_chat_model_streams_what_it_answers_at_once(model: Open) -> None:
    conversation = [SystemMessage("you see"), asked("what is it?", "red")]
    whole = await model.model.ainvoke(conversation, max_tokens=TOKENS)
    chunks = [chunk async for chunk in model.model.astream(conversation, max_tokens=TOKENS)]
    assert "".join(chunk.text for chunk in chunks) == whole.text
    assert len(chunks) > 2
    assert whole.usage_metadata == chunks[-1].usage_metadata
    assert whole.usage_metadata is not None and whole.usage_metadata["output_tokens"] == TOKENS
    assert whole.response_metadata["finish_reason"] == "length"
    said = await asyncio.to_thread(model.model.invoke, conversation, max_tokens=TOKENS)
    assert said.text == whole.text


async def test_a_stop_string_ends_the_answer_and_is_never_shown(model: Open) -> None:
    prompt = model.prompt(questions()[1])
    text = await model.text(prompt, GenerationOptions(max_tokens=40))
    stop = text[9:14]  # in the middle, across the borders of tokens
    pieces = await model.pieces(prompt, GenerationOptions(max_tokens=40, stop=(stop, "never said")))
    assert "".join(piece.text for piece in pieces) == text[: text.index(stop)]
    finish = pieces[-1].finish
    assert finish is not None and finish.reason == "stop" and len(finish.ids) < 40


async def test_cancelling_frees_the_place_within_one_step(model: Open) -> None:
    steps = _count_steps(model)
    pieces = model.engine.generate(model.prompt(questions()[0]), LONG)
    await anext(pieces)
    await pieces.aclose()
    before = len(steps)
    await until(lambda: model.engine.running == 0, "the place is free")
    assert len(steps) <= before + 1


async def test_a_cancelled_task_ends_its_answer_and_no_other(llava: Open) -> None:
    prompts = [llava.prompt(question) for question in questions()]
    expected = await llava.generated(prompts[1], 60)
    cancelled = asyncio.create_task(llava.model.ainvoke([questions()[0]], max_tokens=2000))
    other = asyncio.create_task(llava.ids(prompts[1], GenerationOptions(max_tokens=60)))
    await until(lambda: llava.engine.running == 2, "both run")
    cancelled.cancel()
    await until(lambda: llava.engine.running <= 1, "one has gone")
    assert await other == expected
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_no_more_than_the_limit_are_generated_at_once_in_the_order_of_asking() -> None:
    async with opened("llava", batch=2) as model:
        prompt = model.prompt(questions()[2])
        most = 0
        ended: list[int] = []

        async def ask(number: int) -> None:
            nonlocal most
            async for _ in model.engine.generate(prompt, GenerationOptions(max_tokens=5 + number)):
                most = max(most, model.engine.running)
            ended.append(number)

        await asyncio.gather(*(ask(number) for number in range(7)))
        assert most == 2
        assert ended == sorted(ended)


async def test_drawn_answers_are_the_same_for_the_same_seed_whatever_is_beside_them(llava: Open) -> None:
    prompts = [llava.prompt(question) for question in questions()]
    options = [GenerationOptions(20, temperature=0.8, top_p=0.9, seed=seed) for seed in range(len(prompts))]
    alone = [await llava.ids(prompt, option) for prompt, option in zip(prompts, options, strict=True)]
    together = await asyncio.gather(*(llava.ids(p, option) for p, option in zip(prompts, options, strict=True)))
    assert list(together) == alone
    assert alone[0] != await llava.generated(prompts[0], 20)
    assert alone[0] != await llava.ids(prompts[0], GenerationOptions(20, temperature=0.8, top_p=0.9, seed=99))


async def test_memory_that_runs_out_makes_batches_smaller_and_answers_still_come(family: str) -> None:
    async with opened(family, batch=8) as model:
        prompts = [model.prompt(question) for question in questions()]
        expected = [await model.generated(prompt, TOKENS) for prompt in prompts]
        _exhaust_memory(model, beyond=2)
        assert await asyncio.gather(*(model.ids(prompt, SHORT) for prompt in prompts)) == expected
        assert 1 <= model.engine.limit <= 2, "the smaller size is remembered"


async def test_memory_that_does_not_suffice_for_one_answer_is_told_to_the_person(llava: Open) -> None:
    hook = _exhaust_memory(llava, beyond=0)
    with pytest.raises(ModelUnavailableError, match="not enough memory") as told:
        await llava.model.ainvoke([questions()[0]])
    assert "smaller pictures" in told.value.hint
    hook.remove()
    assert await llava.ids(llava.prompt(questions()[0]), SHORT), "and the next one is answered"


async def test_a_question_that_breaks_the_model_fails_alone(llava: Open) -> None:
    good = [llava.prompt(question) for question in questions()]
    expected = [await llava.generated(prompt, TOKENS) for prompt in good]
    broken = llava.prompt(asked("what is it?", "red"))
    broken.inputs["input_ids"][0, 3] = 10**6  # no such token
    *answers, failed = await asyncio.gather(
        *(llava.ids(prompt, SHORT) for prompt in [*good, broken]), return_exceptions=True
    )
    assert answers == expected
    assert isinstance(failed, ModelUnavailableError)


async def test_work_beside_the_answers_has_the_model_to_itself(llava: Open) -> None:
    answer = asyncio.create_task(llava.ids(llava.prompt(questions()[0]), GenerationOptions(max_tokens=60)))
    await until(lambda: llava.engine.running == 1, "it runs")
    steps = _count_steps(llava)

    def work(loaded: Any) -> int:
        before = len(steps)
        loaded.model(input_ids=torch.tensor([[5, 6]]))
        return len(steps) - before

    assert await llava.engine.exclusively(work) == 1
    with pytest.raises(ZeroDivisionError):
        await llava.engine.exclusively(_divide_by_zero)
    assert await answer == await llava.generated(llava.prompt(questions()[0]), 60)


async def test_closing_ends_what_runs_and_refuses_what_comes() -> None:
    async with opened("llava") as model:
        running = asyncio.create_task(model.ids(model.prompt(questions()[0]), GenerationOptions(max_tokens=2000)))
        await until(lambda: model.engine.running == 1, "it runs")
        await model.chat.close()
        with pytest.raises(ModelUnavailableError, match="shut down"):
            await running
        with pytest.raises(ModelUnavailableError, match="shut down"):
            await model.ids(model.prompt(questions()[0]), SHORT)


async def test_pictures_that_cannot_be_taken_are_refused_with_what_to_do(llava: Open) -> None:
    broken = {"type": "image", "base64": "bm90IGEgcGljdHVyZQ==", "mime_type": "image/png"}
    with pytest.raises(PictureError, match="not a picture") as told:
        await llava.model.ainvoke([HumanMessage(content=[broken])])
    assert told.value.hint
    with pytest.raises(PictureError, match="pixels"):
        await llava.model.ainvoke([asked("what is it?", "red", size=(9000, 7000))])
    with pytest.raises(PictureError, match="linked"):
        linked = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
        await llava.model.ainvoke([HumanMessage(content=[linked])])


async def test_an_agent_calls_a_tool_and_the_model_sees_the_picture_that_it_answers() -> None:
    async with opened("qwen3-vl") as model:
        call = 'I look.\n<tool_call>\n{"name": "look", "arguments": {"at": "left"}}\n</tool_call>'
        read = _dictate(model, [call, "It is red."])

        @tool
        def look(at: str) -> list[str | dict[str, Any]]:
            """Look at a picture."""
            return [picture("red"), {"type": "text", "text": f"at {at}"}]

        agent = cast(Any, agents).create_agent(model.model, [look])
        shown = ""
        async for chunk, _ in agent.astream({"messages": [asked("what is it?")]}, stream_mode="messages"):
            shown += chunk.text if isinstance(chunk, AIMessage) else ""
        assert shown == "I look.\nIt is red."
        assert len(read) == 2 and "pixel_values" not in read[0] and "pixel_values" in read[1]


@pytest.mark.slow
async def test_a_thousand_requests_leave_no_memory_behind(llava: Open) -> None:
    async def ask(number: int) -> None:
        message = questions()[number % 6]
        if number % 7 == 0:  # some give up
            chunks = llava.model.astream([message], max_tokens=50)
            await anext(chunks)
            await chunks.aclose()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        else:
            await llava.model.ainvoke([message], max_tokens=1 + number % 5)

    async def ask_many(count: int) -> tuple[int, int]:
        for start in range(0, count, 20):
            await asyncio.gather(*(ask(start + number) for number in range(20)))
        await until(lambda: llava.engine.running == 0, "all have gone")
        gc.collect()
        tensors = sum(issubclass(type(one), torch.Tensor) for one in gc.get_objects())
        return tensors, psutil.Process().memory_info().rss

    await ask_many(100)
    tensors, memory = await ask_many(100)
    tensors_then, memory_then = await ask_many(1000)
    assert tensors_then <= tensors
    assert memory_then - memory < 20 * 1024**2
    assert llava.engine.waiting == 0


def _divide_by_zero(loaded: LoadedModel) -> int:
    return 1 // 0


def _count_steps(model: Open) -> list[None]:
    """A list that grows with each pass through the model."""
    steps: list[None] = []

    def count(*_: Any) -> None:
        steps.append(None)

    model.engine.loaded.model.register_forward_hook(count)
    return steps


def _dictate(model: Open, answers: list[str]) -> list[set[str]]:
    """Let the model say these answers, whatever it reads; a list that grows with what each prompt consists of."""
    tokenizer = model.engine.loaded.tokenizer
    script = [[*tokenizer.encode(one, add_special_tokens=False), tokenizer.eos_token_id] for one in answers]
    tokens = iter([token for answer in script for token in answer])
    read: list[set[str]] = []

    def say(_: Any, args: Any, given: dict[str, Any], output: Any) -> None:
        if given["input_ids"].shape[1] > 1:
            read.append(set(given))
        output.logits.zero_()[:, -1, next(tokens)] = 1

    model.engine.loaded.model.register_forward_hook(say, with_kwargs=True)
    return read


def _exhaust_memory(model: Open, beyond: int) -> Any:
    """Let the real allocator fail in the middle of a pass with more rows than `beyond`."""

    def allocate(layer: Any, given: tuple[torch.Tensor, ...], output: Any) -> None:
        if given[0].shape[0] > beyond:
            torch.empty(2**50)

    language_model: Any = model.engine.loaded.model.get_decoder()
    return language_model.layers[1].mlp.register_forward_hook(allocate)

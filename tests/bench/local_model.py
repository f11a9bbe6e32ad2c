"""The local model's engine: answers side by side against one by one, and against a bare loop of `generate`.

All figures are ratios of one run: the same prompts, model and threads. The models are a random LLaVA made on the spot,
large enough that arithmetic and not Python decides, the tests' tiny one that sees, if it was trained, and the one that
LORELENS_BENCH_MODEL names.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import torch
import transformers
from langchain_core.messages import HumanMessage

from core.models.local.chat_model import TransformersChatModel, context_of
from core.models.local.engine import Engine
from core.models.local.loading import LoadedModel, load_local
from core.models.local.prompt import Prompt, PromptBuilder
from core.models.local.sampling import GenerationOptions
from tests.bench.tables import Cell, Table
from tests.contract.local_models import questions
from tests.tiny_models.families import save_llava
from tests.tiny_vlm.trained import folder_of

REQUESTS = 8
TOKENS = 32
ROUNDS = 3


async def measure(data: Path) -> list[Table]:
    """Measure with a mid-sized random model, the tests' own, and the one that LORELENS_BENCH_MODEL names."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [await _measured("random LLaVA", _random_model(Path(folder)))]
        if (folder_of() / "config.json").is_file():
            rows.append(await _measured("the tests' tiny model", folder_of()))
        if named := os.environ.get("LORELENS_BENCH_MODEL", ""):
            rows.append(await _measured(named, Path(named)))
    note = "Tokens a second, of all answers together; the last two are shares of time: lower is better."
    if not torch.cuda.is_available():
        note += " NO GPU: the comparison with the bandwidth limit was left out."
    columns = [
        "model",
        "parameters",
        "device",
        "equal",
        "generate one by one, tokens/s",
        "engine one by one",
        "batched",
    ]
    columns += ["batched : one by one", "batched : generate", "first token : whole answer", "chat model : generate"]
    if torch.cuda.is_available():
        columns.append("share of the bandwidth limit")
    return [Table(f"{REQUESTS} questions, {TOKENS} tokens each", columns, rows, note)]


def _random_model(folder: Path) -> Path:
    """A LLaVA of the size of a small real one."""
    torch.random.manual_seed(7)  # pyright: ignore[reportUnknownMemberType]
    sizes = {"hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 8, "num_attention_heads": 12}
    save_llava(folder, cast(Any, transformers).LlamaConfig, num_key_value_heads=4, **sizes)
    return folder


async def _measured(name: str, folder: Path) -> list[Cell]:
    loaded = await asyncio.to_thread(load_local, str(folder))
    builder = PromptBuilder(loaded.processor)
    engine = Engine(loaded, REQUESTS)
    model = TransformersChatModel(engine=engine, builder=builder, context=context_of(loaded.model, 8192))
    asked = [questions()[number % 6] for number in range(REQUESTS)]
    prompts = [builder.build([question]) for question in asked]
    try:
        bare, expected = await _timed(lambda: _generate_all(engine, prompts))
        one_by_one, alone = await _timed(lambda: _one_by_one(engine, prompts))
        batched, together = await _timed(lambda: _together(engine, prompts))
        chatted, _ = await _timed(lambda: _chat(model, asked))
        first, whole = await _first_token(engine, prompts[0])
    finally:
        await engine.close()
    tokens = sum(len(ids) for ids in expected)
    equal = sum(a == b == c for a, b, c in zip(expected, alone, together, strict=True))
    parameters = sum(parameter.numel() for parameter in loaded.model.parameters())
    row: list[Cell] = [name, f"{parameters / 1e6:.1f} M", str(loaded.device), f"{equal} of {REQUESTS}"]
    row += [round(tokens / bare), round(tokens / one_by_one), round(tokens / batched)]
    row += [one_by_one / batched, bare / batched, first / whole, chatted / bare]
    if torch.cuda.is_available():
        row.append(_share_of_bandwidth(loaded, tokens / one_by_one))
    return row


async def _timed(run: Callable[[], Awaitable[list[tuple[int, ...]]]]) -> tuple[float, list[tuple[int, ...]]]:
    """The median of a few runs, after one that does not count."""
    answers = await run()
    times: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answers = await run()
        times.append(time.perf_counter() - started)
    return statistics.median(times), answers


async def _generate_all(engine: Engine, prompts: list[Prompt]) -> list[tuple[int, ...]]:
    """A bare loop of transformers' `generate`."""

    def generate(loaded: LoadedModel) -> list[tuple[int, ...]]:
        answers: list[tuple[int, ...]] = []
        for prompt in prompts:
            inputs = {name: value.to(loaded.device) for name, value in prompt.inputs.items()}
            made = loaded.model.generate(**inputs, max_new_tokens=TOKENS, do_sample=False)
            answers.append(tuple(made[0, prompt.tokens :].tolist()))
        return answers

    return await engine.exclusively(generate)


async def _ids(engine: Engine, prompt: Prompt) -> tuple[int, ...]:
    ends = [piece.finish async for piece in engine.generate(prompt, GenerationOptions(max_tokens=TOKENS))]
    return ends[-1].ids if ends[-1] else ()


async def _one_by_one(engine: Engine, prompts: list[Prompt]) -> list[tuple[int, ...]]:
    return [await _ids(engine, prompt) for prompt in prompts]


async def _together(engine: Engine, prompts: list[Prompt]) -> list[tuple[int, ...]]:
    return await asyncio.gather(*(_ids(engine, prompt) for prompt in prompts))


async def _chat(model: TransformersChatModel, asked: list[HumanMessage]) -> list[tuple[int, ...]]:
    """One by one through the LangChain model: what decoding pictures, the template and streaming add."""
    for question in asked:
        async for _ in model.astream([question], max_tokens=TOKENS):
            pass
    return []


async def _first_token(engine: Engine, prompt: Prompt) -> tuple[float, float]:
    """Seconds until the first piece of text, and until the whole answer."""
    started = time.perf_counter()
    first = 0.0
    async for piece in engine.generate(prompt, GenerationOptions(max_tokens=TOKENS)):
        if not first and piece.text:
            first = time.perf_counter() - started
    return first, time.perf_counter() - started


def _share_of_bandwidth(loaded: LoadedModel, tokens_per_second: float) -> float:
    """One by one, each token reads all weights of the language model once: how near that comes to copying memory."""
    buffer = torch.empty(2**30, dtype=torch.uint8, device=loaded.device)
    target = torch.empty_like(buffer)
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(10):
        target.copy_(buffer)
    torch.cuda.synchronize()
    bandwidth = 2 * 10 * buffer.numel() / (time.perf_counter() - started)
    decoder: Any = loaded.model.get_decoder()
    weights = sum(parameter.numel() * parameter.element_size() for parameter in decoder.parameters())
    return tokens_per_second * weights / bandwidth

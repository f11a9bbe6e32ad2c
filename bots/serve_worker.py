"""`lorelens worker`: answers what the platforms submitted, in a process of its own, as many of them as are wanted."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bots.running import DataOption, run, settings_for

if TYPE_CHECKING:  # each of these costs time to import, and other commands need none of them
    from bots.health import Check
    from bots.metrics import Metrics
    from bots.turn_handling import Watcher
    from bots.worker import Worker
    from core.answering import Answerer
    from core.application import Application
    from core.mailbox import Mailbox
    from core.platform import PlatformAdapter

TurnsOption = Annotated[int, typer.Option("--turns", min=1, max=64, help="Conversations answered side by side.")]

_log = logging.getLogger(__name__)


def worker(
    platform: Annotated[
        list[str] | None, typer.Option("--platform", help="Only this platform; may be repeated.")
    ] = None,
    turns: TurnsOption = 4,
    data: DataOption = None,
) -> None:
    """Answer what the platforms ask, until SIGTERM; run as many as you like on the same Redis."""
    run(_worker(platform or [], turns, data))


async def _worker(platforms: Sequence[str], turns: int, data: Path | None) -> int:
    from bots.platforms import platforms as platforms_of

    async with serving(data) as (application, metrics, watchers), AsyncExitStack() as stack:
        chosen = await platforms_of(application, platforms)
        for one in chosen:
            stack.push_async_callback(one.close)
        await serve(application, chosen, metrics, watchers, turns)
    return 0


@asynccontextmanager
async def serving(data: Path | None) -> "AsyncGenerator[tuple[Application, Metrics, list[Watcher]]]":
    """What every process that serves has: the application of its settings, logs, traces and metrics."""
    from bots.logs import TextLog, configure_logs
    from bots.metrics import Metrics
    from bots.traces import Traces, configure_traces
    from core.application import Application

    settings = settings_for(data)
    configure_logs(with_text=settings.log_text)
    traces = configure_traces()
    metrics = Metrics()
    watchers: list[Watcher] = [metrics, Traces(), *([TextLog()] if settings.log_text else [])]
    try:
        async with Application(settings) as application:
            yield application, metrics, watchers
    finally:
        if traces is not None:
            await asyncio.to_thread(traces.shutdown)


async def serve(
    application: "Application",
    chosen: "Sequence[PlatformAdapter]",
    metrics: "Metrics",
    watchers: "Sequence[Watcher]",
    turns: int,
    *,
    ingress: AbstractAsyncContextManager[object] | None = None,
    ended: "Sequence[Callable[[], Awaitable[None]]]" = (),
    checks: "Sequence[Check]" = (),
) -> None:
    """Work for these platforms until SIGTERM or SIGINT.

    With `ingress`, what they ask is taken in as well, for as long as it is entered; it is left first, and the turns
    that are under way end after it. Each of `ended` returns, or raises why, when a platform can't be listened to any
    more: then all of it ends, to be started anew. With 0 `turns` nothing is answered here. `checks` are asked by
    /readyz too.
    """
    from bots.health import health_endpoint
    from bots.quality_history import HistoryWatcher
    from bots.source_metrics import SourceMetrics
    from core.mailbox import Mailbox

    store = await application.conversations()
    mailboxes = [Mailbox(store, platform.platform) for platform in chosen]
    history = HistoryWatcher(store)
    workers = await _workers(application, mailboxes, chosen, [*watchers, history], turns) if turns else []
    if turns:  # a process that takes in alone is to start quickly
        await application.saved_notes.start()
        await application.channel_follower.start()
        await application.schedule.start()
        metrics.include(SourceMetrics(application.configured_sources, application.ledger))

    async def reaches_redis() -> str:
        if not workers:
            await store.version()
        return "" if all(worker.reaches_redis for worker in workers) else "Redis does not answer."

    async def reads_index() -> str:
        await (await application.index()).check()
        return ""

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, _stop, stopping, workers)
    endpoint = health_endpoint(
        application.settings.health_address,
        metrics=metrics,
        mailboxes=mailboxes,
        checks=(reaches_redis, *([reads_index] if workers else []), *checks),
    )
    async with endpoint as url, history.running(mailboxes if turns else ()):
        names = ", ".join(platform.platform for platform in chosen)
        _log.info("Working for %s, %d turns side by side%s", names, turns, f"; {url}" if url else "")
        await _work(workers, stopping, ingress or nullcontext(), ended)
    _log.info("Stopped")


async def _workers(
    application: "Application",
    mailboxes: "Sequence[Mailbox]",
    chosen: "Sequence[PlatformAdapter]",
    watchers: "Sequence[Watcher]",
    turns: int,
) -> "list[Worker]":
    from bots.turn_handling import Watchers, WorkLimits
    from bots.worker import Worker

    return [
        Worker(
            mailbox,
            platform,
            await answers_of(application, platform),
            limits=WorkLimits(turns=turns),
            watcher=Watchers(*watchers),
        )
        for mailbox, platform in zip(mailboxes, chosen, strict=True)
    ]


async def _work(
    workers: "Sequence[Worker]",
    stopping: asyncio.Event,
    ingress: AbstractAsyncContextManager[object],
    ended: "Sequence[Callable[[], Awaitable[None]]]",
) -> None:
    """Until it is to stop, or a worker or what is listened to ends by an error: then nothing more is taken in, and what
    was begun ends."""
    working = [asyncio.create_task(worker.run()) for worker in workers]
    stopped = asyncio.create_task(stopping.wait())
    over = [asyncio.ensure_future(one()) for one in ended]
    try:
        async with ingress:
            await asyncio.wait({stopped, *working, *over}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        for worker in workers:
            worker.stop()
        await asyncio.gather(*working)
        reasons = await _reasons(over)
    if reasons:
        raise reasons[0]


async def _reasons(over: "Sequence[asyncio.Future[None]]") -> list[BaseException]:
    """Why what has ended did."""
    done = [one for one in over if one.done()]
    for one in over:
        one.cancel()
    await asyncio.gather(*over, return_exceptions=True)
    return [error for one in done if (error := one.exception()) is not None]


def _stop(stopping: asyncio.Event, workers: "Sequence[Worker]") -> None:
    _log.info("Stopping: %d turns are finished or handed back", sum(worker.busy for worker in workers))
    stopping.set()


async def answers_of(application: "Application", platform: "PlatformAdapter") -> "Answerer":
    """The assistant's answers to a platform's questions, within fair use."""
    from core.answering import AssistantAnswers
    from core.fair_use import FairAnswers, FairUse

    settings = application.settings
    store = await application.conversations()
    assistant = await application.assistant(store.picture)
    limits = FairUse(
        person=settings.questions_person,
        channel=settings.questions_channel,
        workspace=settings.questions_workspace,
        daily_tokens=settings.workspace_daily_tokens,
    )
    answers = AssistantAnswers(
        assistant,
        store,
        history_tokens=settings.history_tokens,
        explainer=application.explainer(store.picture),
        ledger=application.ledger,
        platform=platform,
    )
    return FairAnswers(answers, store, limits)

"""`lorelens worker`: answers what the platforms submitted, in a process of its own, as many of them as are wanted."""

import asyncio
import logging
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bots.running import DataOption, run, settings_for

if TYPE_CHECKING:  # each of these costs time to import, and other commands need none of them
    from bots.metrics import Metrics
    from bots.turn_handling import Watcher
    from bots.worker import Worker
    from core.answering import Answerer
    from core.application import Application
    from core.platform import PlatformAdapter

_log = logging.getLogger(__name__)


def worker(
    platform: Annotated[
        list[str] | None, typer.Option("--platform", help="Only this platform; may be repeated.")
    ] = None,
    turns: Annotated[int, typer.Option("--turns", min=1, max=64, help="Conversations answered side by side.")] = 4,
    data: DataOption = None,
) -> None:
    """Answer what the platforms ask, until SIGTERM; run as many as you like on the same Redis."""
    run(_worker(platform or [], turns, data))


async def _worker(platforms: Sequence[str], turns: int, data: Path | None) -> int:
    from bots.logs import TextLog, configure_logs
    from bots.metrics import Metrics
    from bots.platforms import platforms as platforms_of
    from bots.traces import Traces, configure_traces
    from core.application import Application

    settings = settings_for(data)
    configure_logs(with_text=settings.log_text)
    traces = configure_traces()
    metrics = Metrics()
    watchers: list[Watcher] = [metrics, Traces(), *([TextLog()] if settings.log_text else [])]
    try:
        async with AsyncExitStack() as stack:
            application = await stack.enter_async_context(Application(settings))
            chosen = await platforms_of(application, platforms)
            for one in chosen:
                stack.push_async_callback(one.close)
            await serve(application, chosen, metrics, watchers, turns)
    finally:
        if traces is not None:
            await asyncio.to_thread(traces.shutdown)
    return 0


async def serve(
    application: "Application",
    chosen: "Sequence[PlatformAdapter]",
    metrics: "Metrics",
    watchers: "Sequence[Watcher]",
    turns: int,
) -> None:
    """Work for these platforms until SIGTERM or SIGINT."""
    from bots.health import health_endpoint
    from bots.turn_handling import Watchers, WorkLimits
    from bots.worker import Worker
    from core.mailbox import Mailbox

    store = await application.conversations()
    mailboxes = [Mailbox(store, platform.platform) for platform in chosen]
    workers = [
        Worker(
            mailbox,
            platform,
            await answers_of(application, platform),
            limits=WorkLimits(turns=turns),
            watcher=Watchers(*watchers),
        )
        for mailbox, platform in zip(mailboxes, chosen, strict=True)
    ]

    async def reaches_redis() -> str:
        return "" if all(worker.reaches_redis for worker in workers) else "Redis does not answer."

    async def reads_index() -> str:
        await (await application.index()).statistics()
        return ""

    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, _stop, workers)
    endpoint = health_endpoint(
        application.settings.health_address,
        metrics=metrics,
        mailboxes=mailboxes,
        checks=(reaches_redis, reads_index),
    )
    async with endpoint as url:
        names = ", ".join(platform.platform for platform in chosen)
        _log.info("Working for %s, %d turns side by side%s", names, turns, f"; {url}" if url else "")
        await asyncio.gather(*(worker.run() for worker in workers))
    _log.info("Stopped")


def _stop(workers: "Sequence[Worker]") -> None:
    _log.info("Stopping: %d turns are finished or handed back", sum(worker.busy for worker in workers))
    for worker in workers:
        worker.stop()


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
        platform=platform,
    )
    return FairAnswers(answers, store, limits)

"""The Bolt app: who may send what is checked by Bolt, then each event goes to the listener that knows it.

It runs with `process_before_response`: a listener acknowledges by returning, when what arrived is kept. What fails
answers 503, so that Slack sends it again (https://docs.slack.dev/apis/events-api#retries).
"""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bots.background import log_failure
from bots.slack import buttons, commands, dialogs, events, following, home, keeping, pane, removal, saving, shortcuts
from bots.slack.desk import Desk
from bots.slack.failures import failed
from bots.slack.knowing import authorize_with, hear_with

REGISTERING = (
    events.register,
    removal.register,
    following.register,
    commands.register,
    dialogs.register,
    shortcuts.register,
    saving.register,
    keeping.register,
    buttons.register,
    home.register,
    pane.register,
)
"""Each is called with the app and the desk, in this order; the first listener that matches takes what arrives."""


class App(AsyncApp):
    """Bolt's app, which fails where a request lacks what Bolt itself takes for granted, made to answer then too."""

    def __init__(self, *, signing_secret: str, **options: Any) -> None:
        super().__init__(signing_secret=signing_secret, **options)
        self._verifier = SignatureVerifier(signing_secret) if signing_secret else None

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Run the middleware and the listeners; 503 where Bolt's own error handling does not get that far."""
        if req.mode == "http" and not self._may_be_of_slack(req):
            return BoltResponse(status=401, body={"error": "invalid request"})  # as Bolt itself says it
        try:
            return await super().async_dispatch(req)
        except Exception as error:  # noqa: BLE001 - whatever it is, what comes next must be taken
            log_failure("Reading what came from Slack", error)
            return BoltResponse(status=503, body="")

    def _may_be_of_slack(self, req: AsyncBoltRequest) -> bool:
        """Whether a request is signed. Bolt fails over headers that are no signature at all, and what fails is told to
        whoever the body names: nobody else than Slack may come that far."""
        if req.body.get("ssl_check") == "1":
            return True  # Bolt answers it
        stamps, signatures = (req.headers.get(f"x-slack-{name}", [""]) for name in ("request-timestamp", "signature"))
        try:
            return self._verifier is not None and self._verifier.is_valid(req.raw_body, stamps[0], signatures[0])
        except (TypeError, ValueError, OverflowError):
            return False


def bolt_app(desk: Desk) -> AsyncApp:
    """The app with all of its listeners."""
    secret = desk.application.settings.slack_signing_secret
    app = App(
        name="lorelens",
        process_before_response=True,
        signing_secret=secret.get_secret_value() if secret else "",
        client=AsyncWebClient(base_url=desk.application.settings.slack_api_url),
        authorize=authorize_with(desk),
        raise_error_for_unhandled_request=False,
        attaching_function_token_enabled=False,
        # Its own answers are never answered (`adapters.slack.events`), but what was saved of them follows their edits.
        ignoring_self_events_enabled=False,
    )
    app.error(failed(desk))
    listening: Any = app  # Bolt's decorators are not typed
    listening.middleware(hear_with(desk))
    for register in REGISTERING:
        register(app, desk)
    events.register_others(app)
    return app

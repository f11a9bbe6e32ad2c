"""Documents that came with a message: their bytes, when an answer reads them."""

from adapters.file_problems import of_document
from adapters.incoming_pictures import urls_in
from adapters.payloads import mapping, string
from adapters.slack.api import Clients, ask
from adapters.slack.file_problems import problem
from adapters.slack.files import Files
from adapters.slack.refusals import SlackRefusedError
from core.errors import PictureError
from core.messages import Attachment
from core.question import Question

MOST_BYTES = 64 * 2**20
"""As much as is read of a document in the knowledge."""


async def document(question: Question, attachment: Attachment, clients: Clients, files: Files) -> bytes:
    """The bytes of a file.

    Raises:
        DocumentError: it can't be had; says why.
        PlatformUnavailableError: Slack is away.
    """
    team = string(question.delivery.get("team")) or question.message.place.workspace
    client = await clients.client(team, string(question.delivery.get("enterprise")))
    try:
        url = urls_in(question).get(attachment.reference, "")
        if not url:
            found = mapping((await ask(client, "files.info", file=attachment.reference)).get("file"))
            url = string(found.get("url_private")) or string(found.get("url_private_download"))
        if not url:
            raise problem("no access", attachment.name, "no address")
        return await files.fetch(
            url, client.token or "", name=attachment.name, most=MOST_BYTES, media_type=attachment.media_type
        )
    except PictureError as error:
        raise of_document(error) from error
    except SlackRefusedError as error:
        kind = "no permission" if error.reason == "missing_scope" else "deleted"
        raise of_document(problem(kind, attachment.name)) from error

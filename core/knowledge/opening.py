"""Opening the knowledge index that the settings name."""

from typing import Literal

from config.settings import Settings
from core.errors import SettingsError
from core.knowledge.index import KnowledgeIndex
from core.models.encoder import Encoder

Kind = Literal["lance", "weaviate"]


def index_name(settings: Settings) -> str:
    """The index that is in use, in words: what it is, and where."""
    if settings.weaviate_url:
        return f"Weaviate at {settings.weaviate_url}, {settings.weaviate_collection}"
    return f"LanceDB in {settings.data_folder / 'index'}"


async def open_index(settings: Settings, encoder: Encoder | None, kind: Kind | None = None) -> KnowledgeIndex:
    """The index of this kind; that which is in use, if none is named: Weaviate where a server is set.

    Raises:
        SettingsError: it was made with another encoder, or a setting of Weaviate is wrong or missing.
        IndexUnavailableError: it can't be reached.
    """
    dimension, name = (encoder.dimension, encoder.name) if encoder else (None, "")
    if (kind or ("weaviate" if settings.weaviate_url else "lance")) == "lance":
        from core.knowledge.lance import LanceIndex

        return await LanceIndex.open(settings.data_folder / "index", dimension, name)
    if not settings.weaviate_url:
        raise SettingsError(
            "No Weaviate server is named.", hint="Set LORELENS_WEAVIATE_URL to http(s)://HOST:PORT and try again."
        )
    from core.knowledge.weaviate.index import WeaviateIndex
    from core.knowledge.weaviate.schema import CollectionOptions

    key = settings.weaviate_api_key
    return await WeaviateIndex.open(
        settings.weaviate_url,
        dimension,
        name,
        grpc_address=settings.weaviate_grpc,
        api_key=key.get_secret_value() if key else "",
        collection=settings.weaviate_collection,
        options=CollectionOptions(
            replicas=settings.weaviate_replicas,
            quantization=settings.weaviate_quantization,
            tokenizer=settings.weaviate_tokenizer,
        ),
    )

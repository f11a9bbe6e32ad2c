"""All settings in one typed object: `lorelens.toml`, then `LORELENS_*` variables; secrets from the environment only."""

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

SECRETS = frozenset(
    {
        "model_api_key",
        "secret_key",
        "discord_token",
        "slack_bot_token",
        "slack_app_token",
        "slack_signing_secret",
        "slack_client_secret",
        "weaviate_api_key",
    }
)
"""Settings that are read from the environment alone."""


class _FileWithoutSecrets(TomlConfigSettingsSource):
    """The settings file; a key in it would be read by whoever reads the file, and copied with it."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        secret = sorted(SECRETS & values.keys())
        if secret:
            raise ValueError(f"{secret[0]} must not stand in the file; set LORELENS_{secret[0].upper()}")
        return values


class Settings(BaseSettings):
    """What an operator can set. Every field is documented here, and nowhere else."""

    model_config = SettingsConfigDict(
        env_prefix="LORELENS_", toml_file="lorelens.toml", extra="forbid", frozen=True, validate_default=True
    )

    data: Path = Field(default=Path(".lorelens"), description="The folder that holds all state.")
    redis_url: str = Field(default="", description="A Redis to use; empty: an embedded one in the data folder.")
    model: str = Field(
        default="extractive",
        description='"extractive" (needs no weights), "local:NAME" (a transformers model of the hub, or a folder), '
        'or "provider:name" for any LangChain provider.',
    )
    model_base_url: str = Field(default="", description="The base URL of an OpenAI-compatible server.")
    model_api_key: SecretStr | None = Field(default=None, description="The model's key; from the environment only.")
    model_sees_pictures: bool | None = Field(
        default=None, description="Whether pictures are sent to the model as pictures; empty: it is tried out."
    )
    model_calls_tools: bool | None = Field(
        default=None, description="Whether the model is offered tools; empty: it is tried out."
    )
    model_timeout: float = Field(
        default=60, gt=0, description="Seconds for which a served model may be silent before it counts as away."
    )
    model_fallbacks: str = Field(
        default="", description="Models that are asked in turn where the one before is away, separated by commas."
    )
    local_device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        default="auto", description="Where a local model runs; auto: on the best that the machine has."
    )
    local_precision: Literal["auto", "float32", "bfloat16", "float16", "int8", "int4"] = Field(
        default="auto", description="How a local model's weights are kept; auto: what fits the machine."
    )
    local_batch: int = Field(default=8, ge=1, description="How many answers a local model generates side by side.")
    local_context: int = Field(
        default=8192, ge=256, description="Tokens that a local model reads at most, pictures and answer included."
    )
    captions: bool = Field(
        default=True, description="Whether a model that sees pictures writes captions for those that are read in."
    )
    picture_encoder: str = Field(
        default="",
        description="A sentence-transformers model that encodes text and pictures into one space, by name or folder; "
        "empty: none.",
    )
    encoder: str = Field(
        default="minilm",
        description='"minilm" (carried by a wheel, English), "none", or a sentence-transformers model by name.',
    )
    encoder_languages: str = Field(
        default="",
        description='The languages a named encoder reads, e.g. "en,zh"; empty: any.',
    )
    weaviate_url: str = Field(
        default="",
        description="A Weaviate server to keep the index in, as https://HOST:PORT; empty: in the data folder.",
    )
    weaviate_grpc: str = Field(
        default="", description="Weaviate's gRPC address, HOST:PORT; empty: port 50051 of the same host."
    )
    weaviate_api_key: SecretStr | None = Field(
        default=None, description="Weaviate's API key; from the environment only."
    )
    weaviate_collection: str = Field(
        default="Lorelens",
        description="What the collection is called in Weaviate; one for each Lorelens that shares it.",
    )
    weaviate_replicas: int = Field(
        default=1, ge=1, description="On how many of Weaviate's nodes each passage is kept; for a new collection."
    )
    weaviate_quantization: Literal["none", "rq", "bq", "sq", "pq"] = Field(
        default="none", description="How Weaviate compresses vectors in memory; for a new collection."
    )
    weaviate_tokenizer: Literal["terms", "gse", "trigram", "word", "kagome_ja", "kagome_kr"] = Field(
        default="terms",
        description='What BM25 reads in Weaviate: "terms" (Lorelens\' own, as in the embedded index), or the text, cut '
        "by one of the server's tokenizers; for a new collection.",
    )

    reranker: str = Field(
        default="", description="A sentence-transformers CrossEncoder that ranks passages again; empty: none."
    )
    late_interaction: str = Field(
        default="",
        description="A sentence-transformers multi-vector encoder of text and pictures (ColPali's kind) that ranks the "
        "best pictures again; for a machine with a GPU; empty: none.",
    )
    rewrite_questions: bool = Field(
        default=True,
        description="Whether a follow-up is put into a question of its own by the model before it is searched.",
    )

    web_search: str = Field(
        default="",
        description='Where the web is searched: "searxng:URL", or any LangChain search tool as "MODULE:CLASS"; empty: '
        "nowhere. `lorelens tools on` turns it on for a workspace.",
    )
    wikipedia: str = Field(
        default="",
        description='The Wikipedias that may be asked, as languages ("en,zh") or the address of an API; empty: none.',
    )
    knowledge_graph: str = Field(
        default="",
        description="A SPARQL endpoint that may be asked for facts, such as Wikidata's; empty: none.",
    )
    mcp_servers: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="MCP servers whose tools may be used, by name: a command with args, or a url (docs/outside.md).",
    )

    outside_contact: str = Field(
        default="", description="Who asks, an address or a URL, for sites that want to be told (Wikipedia, Wikidata)."
    )
    outside_allow: str = Field(
        default="",
        description="Hosts and networks of your own whose pages may be opened when a search finds them, separated by "
        "commas; empty: only the public web.",
    )

    history_tokens: int = Field(default=4000, ge=0, description="How much of a conversation is read for a follow-up.")
    conversation_days: int = Field(default=90, ge=0, description="Conversations are forgotten after; 0: never.")
    picture_days: int = Field(default=30, ge=0, description="Pictures of conversations are forgotten after; 0: never.")

    questions_person: int = Field(default=30, ge=0, description="Questions a person may ask in ten minutes; 0: any.")
    questions_channel: int = Field(default=120, ge=0, description="Questions of one channel in ten minutes; 0: any.")
    questions_workspace: int = Field(default=600, ge=0, description="Questions of a workspace in ten minutes; 0: any.")
    workspace_daily_tokens: int = Field(
        default=0, ge=0, description="Tokens of the language model that a workspace may use in a day (UTC); 0: any."
    )
    health_address: str = Field(
        default="127.0.0.1:9464", description="Where a worker answers /livez, /readyz and /metrics; empty: nowhere."
    )
    log_text: bool = Field(default=False, description="Whether a worker logs the texts of questions and answers.")

    secret_key: SecretStr | None = Field(
        default=None,
        description="Encrypts the tokens of installed workspaces; several, separated by commas: the first encrypts, "
        "all decrypt. `lorelens doctor slack --new-key` makes one. From the environment only.",
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, description="Slack's bot token (xoxb-...) of the one workspace; from the environment only."
    )
    slack_app_token: SecretStr | None = Field(
        default=None,
        description="Slack's app-level token (xapp-...): events by Socket Mode; from the environment only.",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None, description="Slack's signing secret: events by HTTP; from the environment only."
    )
    slack_client_id: str = Field(default="", description="Slack's client id: installation in many workspaces by OAuth.")
    slack_client_secret: SecretStr | None = Field(
        default=None, description="Slack's client secret, for OAuth; from the environment only."
    )
    slack_address: str = Field(
        default="127.0.0.1:3000", description="Where Slack's requests are listened for: events by HTTP, and OAuth."
    )
    slack_public_url: str = Field(
        default="", description="The https address at which Slack and people reach slack_address; needed for OAuth."
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", description="The base of Slack's Web API, for gateways and proxies."
    )

    discord_token: SecretStr | None = Field(default=None, description="Discord's bot token; from the environment only.")
    discord_shards: int = Field(
        default=0, ge=0, description="Connections to Discord's gateway; 0: as many as Discord recommends."
    )
    discord_api_url: str = Field(
        default="https://discord.com/api/v10", description="The base of Discord's API, for proxies."
    )
    discord_gateway_url: str = Field(
        default="", description="Discord's gateway, for proxies; empty: the one that Discord names."
    )

    web_address: str = Field(
        default="",
        description="Where the web page and the HTTP API are served; empty: at 127.0.0.1:8600, by `serve web` alone. "
        "Beyond this machine a login is needed (web_login).",
    )
    web_login: Literal["auto", "none", "password", "proxy"] = Field(
        default="auto",
        description="Who gets in: nobody is asked (on this machine), people with a password (`lorelens web people`), "
        "or whom a proxy in front names; auto: none on this machine, password beyond it.",
    )
    web_hosts: str = Field(
        default="",
        description="Names by which the page is reached, separated by commas; this machine's own are always taken.",
    )
    web_proxies: str = Field(
        default="",
        description="Addresses or networks of proxies in front that are believed, separated by commas.",
    )
    web_proxy_person: str = Field(
        default="X-Forwarded-User", description="The header in which the proxy names the person."
    )
    web_proxy_groups: str = Field(
        default="",
        description="The header in which the proxy names the person's groups, separated by commas; it must set it "
        "itself, whatever the browser sent. Empty: no groups are believed.",
    )
    web_operators: str = Field(
        default="",
        description="People, and groups as group:NAME, that are operators where a proxy names them, by commas.",
    )
    web_session_hours: int = Field(default=12, ge=1, description="Hours without use after which a session ends.")
    web_upload_mb: int = Field(default=50, ge=1, description="Megabytes that one upload may have.")
    web_folders: str = Field(
        default="",
        description="Folders below which operators of the page may add folders and files of this machine, separated by "
        "commas; empty: none.",
    )

    @cached_property
    def data_folder(self) -> Path:
        """The data folder as an absolute path."""
        return self.data.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the command line says wins over the environment, and that over the file."""
        return init_settings, env_settings, _FileWithoutSecrets(settings_cls)

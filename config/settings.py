"""All settings in one typed object: `lorelens.toml`, then `LORELENS_*` variables; secrets from the environment only."""

from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

SECRETS = frozenset({"model_api_key"})
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
        description='"extractive" (needs no weights), or "provider:name" for any LangChain provider.',
    )
    model_base_url: str = Field(default="", description="The base URL of an OpenAI-compatible server.")
    model_api_key: SecretStr | None = Field(default=None, description="The model's key; from the environment only.")
    model_sees_pictures: bool = Field(default=True, description="Whether pictures are sent to the model as pictures.")
    model_calls_tools: bool = Field(default=True, description="Whether the model is offered tools.")
    encoder: str = Field(
        default="minilm",
        description='"minilm" (carried by a wheel, English), "none", or a sentence-transformers model by name.',
    )
    encoder_languages: str = Field(
        default="",
        description='The languages a named encoder reads, e.g. "en,zh"; empty: any.',
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

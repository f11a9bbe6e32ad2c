"""docker-compose.yml, held to the form of the Compose specification and to the code, since no engine runs here."""

import importlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bots.cli import app
from config.settings import Settings

ROOT = Path(__file__).parents[2]
KEYS = {
    "build", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "ipc", "profiles", "restart",
    "stop_grace_period", "volumes",
}  # fmt: skip
"""The keys of a service that are used, of https://github.com/compose-spec/compose-spec/blob/main/05-services.md"""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    yaml: Any = importlib.import_module("yaml")
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def filled(text: str) -> str:
    """A value with its variables' defaults in their places."""
    done = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
    assert "$" not in done, f"a variable without a default: {text}"
    return done


def test_services_are_of_the_specification_s_form(compose: dict[str, Any]) -> None:
    assert set(compose) == {"name", "services", "volumes"}
    assert set(compose["services"]) == {"redis", "bots", "worker", "vllm"}
    for service in compose["services"].values():
        assert set(service) <= KEYS
        assert re.fullmatch(r"[\w./-]+:[\w.-]+", filled(service["image"]))
        assert set(service["healthcheck"]) <= {"test", "interval", "timeout", "retries", "start_period"}
        assert service["healthcheck"]["test"][0] == "CMD"
        for volume in service["volumes"]:
            assert volume.split(":")[0] in compose["volumes"]
        for name, wanted in service.get("depends_on", {}).items():
            assert wanted == {"condition": "service_healthy"}
            assert "healthcheck" in compose["services"][name]


def test_redis_keeps_what_was_promised(compose: dict[str, Any]) -> None:
    command = compose["services"]["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert "redis:/data" in compose["services"]["redis"]["volumes"]


def test_the_worker_s_variables_are_settings_with_values_that_can_be(compose: dict[str, Any]) -> None:
    variables = {name: filled(value) for name, value in compose["services"]["worker"]["environment"].items()}
    values = {name.removeprefix("LORELENS_").lower(): value for name, value in variables.items()}
    settings = Settings.model_validate(values)
    assert settings.model == "extractive"
    assert settings.redis_url == "redis://redis:6379/0"
    commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    assert compose["services"]["worker"]["command"][0] in commands


def test_the_image_pins_torch_and_holds_what_it_copies(compose: dict[str, Any]) -> None:
    recipe = compose["services"]["worker"]["build"]["dockerfile_inline"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = next(one for one in project["project"]["optional-dependencies"]["local"] if one.startswith("torch=="))
    installs = [line for line in recipe.splitlines() if "pip install" in line]
    assert installs
    assert all(pinned in line for line in installs)
    carried = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    packages = [one.rstrip("*") for one in project["tool"]["setuptools"]["packages"]["find"]["include"]]
    for path in ["constraints.txt", "pyproject.toml", project["project"]["readme"], *packages]:
        assert path in carried
        assert (ROOT / path).exists()


def test_the_gpu_profile_serves_pictures_and_tools(compose: dict[str, Any]) -> None:
    vllm = compose["services"]["vllm"]
    assert vllm["profiles"] == ["gpu"]
    [device] = vllm["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    command = [re.sub(r"\$\{VLLM_PICTURES:-(\d+)\}", r"\1", one) for one in vllm["command"]]
    assert '--limit-mm-per-prompt={"image":8}' in command
    assert {"--enable-auto-tool-choice", "--model=${VLLM_MODEL:-Qwen/Qwen3-VL-8B-Instruct}"} <= set(command)
    for name in ("redis", "worker"):
        assert "profiles" not in compose["services"][name]

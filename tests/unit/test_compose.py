"""What is deployed by, held to its own schemas and to the code, since no container engine runs here.

That is docker-compose.yml, Dockerfile, what Prometheus and Grafana are given, and the public CI workflow.
"""

import importlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bots.cli import app
from bots.metrics import Metrics
from bots.source_metrics import SourceMetrics
from config.settings import Settings
from core.knowledge.ledger import Ledger
from core.sources.configured import ConfiguredSources

ROOT = Path(__file__).parents[2]
GIVEN = {"LORELENS_WEAVIATE_API_KEY": "a-key"}
"""What has to stand in .env."""


def loaded(path: str) -> Any:
    yaml: Any = importlib.import_module("yaml")
    return yaml.safe_load((ROOT / path).read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return loaded("docker-compose.yml")


def filled(text: str) -> str:
    """A value with its variables' defaults in their places."""
    done = re.sub(r"\$\{[A-Z_]+:?-([^}]*)\}", r"\1", text)
    done = re.sub(r"\$\{([A-Z_]+):\?[^}]*\}", lambda wanted: GIVEN[wanted[1]], done)
    assert "$" not in done, f"a variable without a default: {text}"
    return done


@pytest.mark.parametrize(
    ("schema", "path"),
    [("vendor.compose-spec", "docker-compose.yml"), ("vendor.github-workflows", ".github/workflows/ci.yml")],
)
def test_files_are_what_their_schemas_ask(schema: str, path: str) -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run([checker, "--builtin-schema", schema, ROOT / path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_services_wait_for_what_they_need_and_keep_what_they_hold(compose: dict[str, Any]) -> None:
    services = {"redis", "weaviate", "bots", "web", "worker", "vllm", "prometheus", "grafana"}
    assert set(compose["services"]) == services
    for service in compose["services"].values():
        assert re.fullmatch(r"[\w./-]+:[\w.-]+", filled(service["image"]))
        assert service["healthcheck"]["test"][0] == "CMD"
        for volume in service["volumes"]:
            place = volume.split(":")[0]
            assert (ROOT / place).exists() if place.startswith(".") else place in compose["volumes"]
        for name, wanted in service.get("depends_on", {}).items():
            assert wanted == {"condition": "service_healthy"}
            assert "healthcheck" in compose["services"][name]


def test_nothing_is_reachable_from_outside_but_what_says_so(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_redis_keeps_what_was_promised(compose: dict[str, Any]) -> None:
    command = compose["services"]["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert "redis:/data" in compose["services"]["redis"]["volumes"]


def test_weaviate_lets_nobody_in_without_the_key_that_the_bots_have(compose: dict[str, Any]) -> None:
    weaviate, worker = (compose["services"][name]["environment"] for name in ("weaviate", "worker"))
    assert weaviate["AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED"] == "false"
    assert weaviate["AUTHENTICATION_APIKEY_ALLOWED_KEYS"] == worker["LORELENS_WEAVIATE_API_KEY"]
    assert weaviate["ENABLE_TOKENIZER_GSE"] == "true"
    assert weaviate["ASYNC_INDEXING"] == "false"


def test_the_worker_s_variables_are_settings_with_values_that_can_be(compose: dict[str, Any]) -> None:
    variables = {name: filled(value) for name, value in compose["services"]["worker"]["environment"].items()}
    values = {name.removeprefix("LORELENS_").lower(): value for name, value in variables.items()}
    settings = Settings.model_validate(values)
    assert settings.model == "extractive"
    assert settings.redis_url == "redis://redis:6379/0"
    assert settings.weaviate_url == "http://weaviate:8080"
    assert settings.web_address == "0.0.0.0:8600"  # else a worker would not answer what is asked there
    commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    assert compose["services"]["worker"]["command"][0] in commands


def test_the_image_pins_torch_runs_as_nobody_and_holds_what_it_copies() -> None:
    recipe = (ROOT / "Dockerfile").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = next(one for one in project["project"]["optional-dependencies"]["local"] if one.startswith("torch=="))
    installs = [line for line in recipe.splitlines() if "pip install" in line]
    assert installs
    assert all(pinned in line for line in installs)
    users = re.findall(r"^USER (\S+)", recipe, re.MULTILINE)
    assert users[-1:] == ["lorelens"]
    carried = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [one.split()[1:-1] for one in recipe.splitlines() if one.startswith("COPY") and "--from" not in one]
    packages = [one.rstrip("*") for one in project["tool"]["setuptools"]["packages"]["find"]["include"]]
    assert {*packages, "constraints.txt", "pyproject.toml"} <= {path for paths in copied for path in paths}
    for path in [path for paths in copied for path in paths]:
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
    for name in ("redis", "weaviate", "bots", "worker"):
        assert "profiles" not in compose["services"][name]


def test_prometheus_scrapes_what_has_metrics(compose: dict[str, Any]) -> None:
    jobs = {job["job_name"]: job for job in loaded("config/observe/prometheus.yml")["scrape_configs"]}
    [found] = jobs["lorelens"]["dns_sd_configs"]
    port = filled(compose["services"]["worker"]["environment"]["LORELENS_HEALTH_ADDRESS"]).rpartition(":")[2]
    assert found["port"] == int(port)
    assert set(found["names"]) <= set(compose["services"])
    assert jobs["weaviate"]["static_configs"] == [{"targets": ["weaviate:2112"]}]
    promtool = shutil.which("promtool")
    if promtool is not None:  # of Debian's package prometheus
        file = ROOT / "config/observe/prometheus.yml"
        subprocess.run([promtool, "check", "config", file], check=True, capture_output=True)


def test_dashboard_and_alerts_ask_for_metrics_that_there_are(tmp_path: Path) -> None:
    board = json.loads((ROOT / "config/observe/grafana/dashboards/lorelens.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    rules = [rule for group in loaded("config/observe/alerts.yml")["groups"] for rule in group["rules"]]
    asked += [rule["expr"] for rule in rules]
    named = {name for expression in asked for name in re.findall(r"\blorelens_\w+", expression)}
    # A metric with labels shows no sample before its first value, but always its type.
    metrics, ledger = Metrics(), Ledger(tmp_path / "ledger.sqlite")
    metrics.include(SourceMetrics(ConfiguredSources(tmp_path), ledger))
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)", metrics.exposition().decode(), re.MULTILINE))
    ledger.close()
    there = {name + suffix for name, kind in types.items() for suffix in _SUFFIXES.get(kind, ("",))}
    assert len(named) > 8
    assert named - there == set()
    assert all(rule["annotations"]["action"] for rule in rules)


_SUFFIXES = {"histogram": ("_bucket", "_count", "_sum")}


def test_public_ci_tests_the_weaviate_that_is_deployed(compose: dict[str, Any]) -> None:
    service = loaded(".github/workflows/ci.yml")["jobs"]["weaviate"]["services"]["weaviate"]
    deployed = compose["services"]["weaviate"]
    assert service["image"] == filled(deployed["image"])
    shared = service["env"].keys() & deployed["environment"].keys() - {"AUTHENTICATION_APIKEY_ALLOWED_KEYS"}
    assert {name: service["env"][name] for name in shared} == {name: deployed["environment"][name] for name in shared}

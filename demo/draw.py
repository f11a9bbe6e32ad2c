"""Draws every picture of the demonstration: `python -m demo.draw`, from the project's folder."""

from collections.abc import Callable
from pathlib import Path

from demo import diagrams, screens
from demo.canvas import Canvas

HERE = Path(__file__).parent
PICTURES: dict[str, Callable[[], Canvas]] = {
    "handbook/pictures/deploy-pipeline.png": diagrams.deploy_pipeline,
    "handbook/pictures/architecture.png": diagrams.architecture,
    "handbook/pictures/incident-flow.png": diagrams.incident_flow,
    "handbook/pictures/chart-parcels.png": diagrams.parcels_chart,
    "handbook/pictures/chart-webhook-latency.png": diagrams.latency_chart,
    "handbook/pictures/office-map.png": diagrams.office_map,
    "handbook/pictures/settings-webhooks.png": screens.settings_webhooks,
    "handbook/pictures/error-feed-stalled.png": screens.error_feed_stalled,
    "handbook/pictures/dashboard.png": screens.dashboard,
    "questions/webhook-error.png": screens.webhook_error,
}


def draw(folder: Path) -> list[Path]:
    """Draw all pictures into a folder laid out like `demo/`; answers their paths."""
    paths: list[Path] = []
    for name, picture in PICTURES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture().save(path)
        paths.append(path)
    return paths


if __name__ == "__main__":
    for drawn in draw(HERE):
        print(f"{drawn.relative_to(HERE)}  {drawn.stat().st_size / 1024:.0f} KiB")

"""A running page for tests: the real app on a free port, a real Redis, a worker beside it, and a team's documents.

Tests take the fixtures of tests/conftest.py: `page` is up, `start_page` says when and how (several are processes of
one installation). A model that takes its time is `tests.web_stage.models.talking`.
"""

from tests.scenario.served_team import DOCUMENTS, ERROR, ROLLBACK
from tests.web_stage.running import PASSWORD, RunningPage, StartPage, started_pages

__all__ = ["DOCUMENTS", "ERROR", "PASSWORD", "ROLLBACK", "RunningPage", "StartPage", "started_pages"]

"""The routes of this area."""

from fastapi import APIRouter

from bots.web.chat import asking, following, forgetting, judging, pages

router = APIRouter()
# In this order: `/chat/forget` and `/chat/earlier` are no threads.
for area in (forgetting, asking, following, judging, pages):
    router.include_router(area.router)

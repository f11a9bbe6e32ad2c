"""The routes of this area."""

from fastapi import APIRouter

from bots.web.chat import asking, explaining, following, forgetting, judging, pages, pictures, sources

router = APIRouter()
# In this order: `/chat/forget` and `/chat/earlier` are no threads.
for area in (forgetting, asking, following, judging, explaining, sources, pictures, pages):
    router.include_router(area.router)

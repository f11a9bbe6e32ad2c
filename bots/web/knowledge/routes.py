"""The routes of this area, for operators alone."""

from fastapi import APIRouter

from bots.web.knowledge.adding import router as adding
from bots.web.knowledge.changing import router as changing
from bots.web.knowledge.sources import router as sources

router = APIRouter(include_in_schema=False)
for one in (sources, adding, changing):
    router.include_router(one)

"""The routes of this area, for operators alone."""

from fastapi import APIRouter

from bots.web.knowledge.adding import router as adding
from bots.web.knowledge.changing import router as changing
from bots.web.knowledge.documents import router as documents
from bots.web.knowledge.forgetting import router as forgetting
from bots.web.knowledge.searching import router as searching
from bots.web.knowledge.sources import router as sources

router = APIRouter(include_in_schema=False)
for one in (sources, adding, changing, searching, documents, forgetting):
    router.include_router(one)

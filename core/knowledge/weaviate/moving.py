"""Another collection takes the place of the one behind the alias, while searches go on.

It is filled beside the old one in the order of the tenants and UUIDs, and how far that is stands in its notes, so that
whoever goes on after a kill begins there. Nobody writes meanwhile (`Objects.writing`). When as many objects are in the
new one, the alias is switched, which is one step for those who search, and the old one is removed.
"""

import re
from uuid import UUID

from weaviate.classes.data import DataObject

from core.errors import IndexUnavailableError
from core.knowledge.weaviate.collection import OBJECTS_AT_ONCE, Objects
from core.knowledge.weaviate.rows import IMAGE, TEXT, vector_of
from core.knowledge.weaviate.schema import Notes, check_encoder


def next_name(collection: str, alias: str) -> str:
    """The name of the collection that comes after this one."""
    match = re.fullmatch(rf"{re.escape(alias)}_v(\d+)", collection)
    return f"{alias}_v{int(match[1]) + 1 if match else 1}"


async def move(objects: Objects, wanted: Notes, *, images: bool) -> None:
    """Let a collection with these notes take the place; vectors `image` come along where `images` says so."""
    old, notes = await objects.notes()
    new = notes.moving or next_name(old, objects.alias)
    await objects.note(old, notes.model_copy(update={"moving": new}))
    wanted = wanted.model_copy(update={"moving": "", "filled": ""})
    await objects.make(new, wanted)
    filling = await objects.notes_of(new)
    if filling.model_copy(update={"filled": ""}) != wanted:  # begun for something else, and left
        await objects.client.collections.delete(new)
        await objects.make(new, wanted)
        filling = wanted
    await _fill(objects, old, new, filling, images=images)
    await objects.note(new, wanted)
    # The client answers False, and raises nothing, where the server knows the alias or the collection no more (404).
    if not await objects.client.alias.update(alias_name=objects.alias, new_target_collection=new):
        raise IndexUnavailableError(
            f"Weaviate at {objects.url} did not let {objects.alias} stand for {new}; {old} is left as it was.",
            hint="Run it again; what was copied is not copied twice.",
        )
    await objects.client.collections.delete(old)


async def resume(objects: Objects) -> None:
    """Go on with a move that was broken off, whatever it was for; that stands in the notes of the new collection."""
    old, notes = await objects.notes()
    if not notes.moving:
        await remove_left(objects, old)
    elif await objects.client.collections.exists(notes.moving):
        wanted = await objects.notes_of(notes.moving)
        check_encoder(wanted, notes.encoder, notes.moving)
        await move(objects, wanted, images=wanted.picture_encoder == notes.picture_encoder)
    else:  # it was not begun
        await objects.note(old, notes.model_copy(update={"moving": ""}))


async def remove_left(objects: Objects, collection: str) -> None:
    """Remove the collection that this one took the place of, if whoever moved it was killed before that."""
    match = re.fullmatch(rf"{re.escape(objects.alias)}_v(\d+)", collection)
    before = f"{objects.alias}_v{int(match[1]) - 1}" if match else ""
    if not before or not await objects.client.collections.exists(before):
        return
    if (await objects.notes_of(before)).moving == collection:
        await objects.client.collections.delete(before)


async def _fill(objects: Objects, old: str, new: str, filling: Notes, *, images: bool) -> None:
    reached, _, at = filling.filled.partition(" ")
    for tenant in await objects.tenants(old):
        if tenant < reached:
            continue
        await objects.add_tenant(new, tenant)
        after = UUID(at) if tenant == reached and at else None
        while page := await objects.page(tenant, after, OBJECTS_AT_ONCE, collection=old):
            names = (TEXT, IMAGE) if images else (TEXT,)
            copies = [
                DataObject(
                    properties=dict(one.properties),
                    uuid=one.uuid,
                    vector={name: list(values) for name in names if (values := vector_of(one, name))} or None,
                )
                for one in page
            ]
            await objects.insert(new, tenant, copies)
            after = page[-1].uuid
            await objects.note(new, filling.model_copy(update={"filled": f"{tenant} {after}"}))
        await _check(objects, old, new, tenant)


async def _check(objects: Objects, old: str, new: str, tenant: str) -> None:
    counts = [(await objects.of(tenant, name).aggregate.over_all(total_count=True)).total_count for name in (old, new)]
    if counts[0] != counts[1]:
        raise IndexUnavailableError(
            f"Of {counts[0]} passages of {tenant} in {old}, {counts[1]} are in {new}.",
            hint="Run `lorelens ingest` again to go on.",
        )

"""All that the server holds: collections with their tenants, and the aliases that lead to them."""

from collections import Counter
from typing import Any, cast

from tests.weaviate_emulator import names, schema
from tests.weaviate_emulator.refusals import RefusedError, no_class
from tests.weaviate_emulator.schema import Definition, Json
from tests.weaviate_emulator.shards import Shard
from tests.weaviate_emulator.tokenizing import tokens

ACTIVE, INACTIVE, OFFLOADED = "ACTIVE", "INACTIVE", "OFFLOADED"
STATUSES = {"HOT": ACTIVE, "COLD": INACTIVE, "FROZEN": OFFLOADED}


class Collection:
    """One collection: its definition, and a shard for each tenant (or one, where it has no tenants)."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.shards: dict[str, Shard] = {} if definition.multi_tenant else {"": Shard()}
        self.statuses: dict[str, str] = {}

    @property
    def name(self) -> str:
        """Its own name, whatever alias was asked for."""
        return self.definition.name

    def reading(self, tenant: str) -> Shard:
        """The shard that a search, a deletion or a count works on. A tenant is never made by asking for it."""
        self._check_tenancy(tenant)
        if tenant not in self.shards:
            raise RefusedError(f'tenant not found: "{tenant}"')
        if tenant and self.statuses[tenant] != ACTIVE:
            if not self.definition.json["multiTenancyConfig"]["autoTenantActivation"]:
                raise RefusedError(f"tenant not active: '{tenant}'")
            self.statuses[tenant] = ACTIVE
        return self.shards[tenant]

    def writing(self, tenant: str) -> Shard:
        """The shard that an object goes to; made where the collection creates tenants by itself."""
        self._check_tenancy(tenant)
        if tenant and tenant not in self.shards and self.definition.json["multiTenancyConfig"]["autoTenantCreation"]:
            self.add_tenant(tenant, ACTIVE)
        return self.reading(tenant)

    def add_tenant(self, name: str, status: str) -> None:
        """Make a tenant; one that is there stays as it is."""
        self._check_enabled()
        names.check_tenant_name(name)
        if name not in self.shards:
            self.shards[name] = Shard()
            self.statuses[name] = STATUSES.get(status, status)

    def set_status(self, name: str, status: str) -> None:
        """Activate, deactivate or offload a tenant."""
        self._check_enabled()
        if name not in self.shards:
            raise RefusedError(f'tenant not found: "{name}"')
        status = STATUSES.get(status, status)
        if status == OFFLOADED:
            raise RefusedError("can't offload tenants, because offload module is not enabled")
        if status not in (ACTIVE, INACTIVE):
            raise RefusedError(f"invalid activity status '{status}' for tenant \"{name}\"")
        self.statuses[name] = status

    def drop_tenant(self, name: str) -> None:
        """Remove a tenant with its objects; one that is not there is no error."""
        self._check_enabled()
        self.shards.pop(name, None)
        self.statuses.pop(name, None)

    def terms(self, properties: dict[str, Any]) -> dict[str, Counter[str]]:
        """The terms that an object is found by, property by property."""
        found: dict[str, Counter[str]] = {}
        for prop in self.definition.properties.values():
            value = properties.get(prop.name)
            if prop.searchable and value is not None:
                texts = cast("list[str]", value) if isinstance(value, list) else [str(value)]
                found[prop.name] = Counter(term for text in texts for term in tokens(text, prop.tokenization))
        return found

    def _check_enabled(self) -> None:
        if not self.definition.multi_tenant:
            raise RefusedError(f'multi-tenancy is not enabled for class "{self.name}"')

    def _check_tenancy(self, tenant: str) -> None:
        if self.definition.multi_tenant and not tenant:
            raise RefusedError(f"class {self.name} has multi-tenancy enabled, but request was without tenant")
        if not self.definition.multi_tenant and tenant:
            raise RefusedError(f"class {self.name} has multi-tenancy disabled, but request was with tenant")


class Database:
    """The collections and aliases of one server. `tokenizers`: those that it was started with, beside the plain."""

    def __init__(self, tokenizers: frozenset[str] = frozenset()) -> None:
        self.tokenizers = tokenizers
        self.collections: dict[str, Collection] = {}
        self.aliases: dict[str, str] = {}

    def resolve(self, name: str) -> Collection:
        """The collection of this name or alias."""
        name = name[:1].upper() + name[1:]
        found = self.collections.get(self.aliases.get(name, name))
        if found is None:
            raise no_class(name)
        return found

    def own(self, name: str) -> Collection:
        """The collection of this name, which may not be an alias: definitions are changed by their own name."""
        name = name[:1].upper() + name[1:]
        if name not in self.collections:
            raise no_class(name)
        return self.collections[name]

    def create(self, wanted: Json) -> Collection:
        """Make a collection. Its name must be free, among the aliases, too; letters' case does not tell names apart."""
        definition = schema.define(wanted, self.tokenizers)
        self._check_free(definition.name)
        self.collections[definition.name] = Collection(definition)
        return self.collections[definition.name]

    def drop(self, name: str) -> None:
        """Remove a collection with all it holds; one that is not there is no error."""
        self.collections.pop(name[:1].upper() + name[1:], None)

    def create_alias(self, alias: str, collection: str) -> Json:
        """Let an alias lead to a collection."""
        alias = names.collection_name(alias)
        target = self._target(collection)
        self._check_free(alias)
        self.aliases[alias] = target
        return {"alias": alias, "class": target}

    def point(self, alias: str, collection: str) -> Json:
        """Let an alias lead to another collection, at once for all who read."""
        alias = self._alias(alias)
        self.aliases[alias] = self._target(collection)
        return {"alias": alias, "class": self.aliases[alias]}

    def drop_alias(self, alias: str) -> None:
        """Remove an alias; what it led to stays."""
        del self.aliases[self._alias(alias)]

    def alias(self, alias: str) -> Json:
        """Where an alias leads to."""
        alias = self._alias(alias)
        return {"alias": alias, "class": self.aliases[alias]}

    def _alias(self, alias: str) -> str:
        alias = alias[:1].upper() + alias[1:]
        if alias not in self.aliases:
            raise RefusedError(f"alias {alias} not found", 404)
        return alias

    def _target(self, collection: str) -> str:
        collection = collection[:1].upper() + collection[1:]
        if collection not in self.collections:
            raise RefusedError(f"class {collection}: not found", 404)
        return collection

    def _check_free(self, name: str) -> None:
        taken = {each.lower() for each in self.collections} | {each.lower() for each in self.aliases}
        if name.lower() in taken:
            raise RefusedError(f"class name {name} already exists")

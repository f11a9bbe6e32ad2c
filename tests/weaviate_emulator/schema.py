"""A collection's definition: what the server fills in, what it refuses, and what may be changed afterwards."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from tests.weaviate_emulator import names
from tests.weaviate_emulator.refusals import RefusedError, no_property
from tests.weaviate_emulator.tokenizing import ENGLISH_STOPWORDS, check_tokenization

Json = dict[str, Any]

PRIMITIVES = ("text", "int", "number", "boolean", "date", "uuid")
TYPES = (*PRIMITIVES, *(f"{name}[]" for name in PRIMITIVES), "blob")
HNSW: Json = {
    "distance": "cosine",
    "ef": -1,
    "efConstruction": 128,
    "maxConnections": 32,
    "dynamicEfMin": 100,
    "dynamicEfMax": 500,
    "dynamicEfFactor": 8,
    "vectorCacheMaxObjects": 1000000000000,
    "flatSearchCutoff": 40000,
    "cleanupIntervalSeconds": 300,
    "filterStrategy": "sweeping",
    "skip": False,
}
FLAT: Json = {"distance": "cosine", "vectorCacheMaxObjects": 1000000000000}
SHARDING: Json = {
    "virtualPerPhysical": 128,
    "desiredCount": 1,
    "actualCount": 1,
    "desiredVirtualCount": 128,
    "actualVirtualCount": 128,
    "key": "_id",
    "strategy": "hash",
    "function": "murmur3",
}
QUANTIZERS = ("pq", "bq", "sq", "rq")
DISTANCES = ("cosine", "dot", "l2-squared")
UNCHANGING = ("name", "dataType", "tokenization", "indexFilterable", "indexSearchable", "indexRangeFilters")
IMMUTABLE_INDEX = ("distance", "efConstruction", "maxConnections")
CREATION_ONLY = "properties cannot be updated through updating the class. Use the add property feature"


@dataclass(frozen=True)
class Property:
    """One property as search and filters see it. `type` as "text" or "text[]"."""

    name: str
    type: str
    tokenization: str
    filterable: bool
    searchable: bool

    @property
    def is_text(self) -> bool:
        """Whether it holds text, or a list of texts."""
        return self.type in ("text", "text[]")

    @property
    def element(self) -> str:
        """The type without the brackets of a list."""
        return self.type.removesuffix("[]")


@dataclass(frozen=True)
class Definition:
    """A checked definition with everything filled in. `vectors`: the distance of each, "" where it has no name."""

    name: str
    json: Json
    properties: Mapping[str, Property]
    vectors: Mapping[str, str]

    @property
    def multi_tenant(self) -> bool:
        """Whether its objects lie in tenants."""
        return bool(self.json["multiTenancyConfig"]["enabled"])

    @property
    def stopwords(self) -> frozenset[str]:
        """The words that queries leave out."""
        config: Json = self.json["invertedIndexConfig"]["stopwords"]
        preset = ENGLISH_STOPWORDS if config["preset"] == "en" else frozenset[str]()
        return (preset | frozenset(config.get("additions") or ())) - frozenset(config.get("removals") or ())

    def property(self, name: str) -> Property:
        """The property of this name, or the server's refusal."""
        if name not in self.properties:
            raise no_property(name, self.name)
        return self.properties[name]


def define(wanted: Json, tokenizers: frozenset[str]) -> Definition:
    """Check what is to be created, and fill in the defaults."""
    name = names.collection_name(str(wanted.get("class", "")))
    json = deepcopy(wanted)
    json["class"] = name
    json.setdefault("description", "")
    json["invertedIndexConfig"] = _inverted(json.get("invertedIndexConfig") or {})
    tenancy: Json = {"enabled": False, "autoTenantCreation": False, "autoTenantActivation": False}
    json["multiTenancyConfig"] = tenancy | (json.get("multiTenancyConfig") or {})
    replication: Json = {"factor": 1, "asyncEnabled": False, "deletionStrategy": "NoAutomatedResolution"}
    json["replicationConfig"] = replication | (json.get("replicationConfig") or {})
    sharding: Json = {} if json["multiTenancyConfig"]["enabled"] else SHARDING
    json["shardingConfig"] = sharding | (json.get("shardingConfig") or {})
    json["properties"] = [fill_property(each, tokenizers) for each in json.get("properties") or ()]
    seen: set[str] = set()
    for each in json["properties"]:
        if each["name"].lower() in seen:
            raise RefusedError(f"class {name}: conflict for property {each['name']!r}: already in use")
        seen.add(each["name"].lower())
    _fill_vectors(json)
    return read(json)


def read(json: Json) -> Definition:
    """A definition of JSON that is complete."""
    properties = {
        each["name"]: Property(
            each["name"],
            each["dataType"][0],
            each.get("tokenization", ""),
            each["indexFilterable"],
            each["indexSearchable"],
        )
        for each in cast("list[Json]", json["properties"])
    }
    configs: Json = json.get("vectorConfig") or {}
    vectors: dict[str, str] = {key: value["vectorIndexConfig"]["distance"] for key, value in configs.items()}
    if not configs:
        vectors[""] = json["vectorIndexConfig"]["distance"]
    return Definition(json["class"], json, properties, vectors)


def fill_property(wanted: Json, tokenizers: frozenset[str]) -> Json:
    """One property's definition with its defaults."""
    prop = deepcopy(wanted)
    name = str(prop.get("name", ""))
    names.check_property_name(name)
    types: list[str] = prop.get("dataType") or []
    if len(types) != 1 or types[0] not in TYPES:
        raise RefusedError(f"property '{name}': invalid dataType: {types}")
    kind = types[0]
    text = kind in ("text", "text[]")
    if text:
        prop["tokenization"] = prop.get("tokenization") or "word"
        check_tokenization(prop["tokenization"], tokenizers)
    elif prop.get("tokenization"):
        raise RefusedError(f"Tokenization is not allowed for data type '{kind}'")
    if prop.get("indexSearchable") and not text:
        raise RefusedError(
            "`indexSearchable` is allowed only for text/text[] data types. "
            "For other data types set false or leave empty"
        )
    if prop.get("indexRangeFilters") and kind not in ("int", "number", "date"):
        raise RefusedError(
            "`indexRangeFilters` is allowed only for number/int/date data types. "
            "For other data types set false or leave empty"
        )
    if kind == "blob" and prop.get("indexFilterable"):
        raise RefusedError("`indexFilterable` is not allowed for blob")
    prop["indexFilterable"] = kind != "blob" if prop.get("indexFilterable") is None else prop["indexFilterable"]
    prop["indexSearchable"] = text if prop.get("indexSearchable") is None else prop["indexSearchable"]
    prop["indexRangeFilters"] = bool(prop.get("indexRangeFilters"))
    prop.setdefault("description", "")
    return prop


def change(before: Definition, wanted: Json, tokenizers: frozenset[str]) -> Definition:
    """The definition after PUT /v1/schema/{class}: see "Manage collections: Update": most of it stays as it is."""
    after = define(wanted, tokenizers)
    old, new = before.json, after.json
    if after.name != before.name:
        raise RefusedError(f'class name is immutable: attempted change from "{before.name}" to "{after.name}"')
    if [_unchanging(each) for each in old["properties"]] != [_unchanging(each) for each in new["properties"]]:
        raise RefusedError(
            f'{CREATION_ONLY} (e.g. "POST /v1/schema/{{className}}/properties") to add additional properties'
        )
    if before.multi_tenant != after.multi_tenant:
        raise RefusedError("enabling or disabling multi-tenancy for an existing class is not supported")
    if old["replicationConfig"]["factor"] != new["replicationConfig"]["factor"]:
        raise RefusedError("updating replication factor is not supported")
    for key, config in _indexes(old).items():
        changed = _indexes(new).get(key)
        if changed is None:
            raise RefusedError(f'missing config for vector "{key}"')
        for setting in IMMUTABLE_INDEX:
            if config.get(setting) != changed.get(setting):
                raise RefusedError(
                    f'{setting} is immutable: attempted change from "{config.get(setting)}" to "{changed.get(setting)}"'
                )
    return after


def _unchanging(prop: Json) -> Json:
    return {key: prop.get(key) for key in UNCHANGING}


def _indexes(json: Json) -> dict[str, Json]:
    configs: Json = json.get("vectorConfig") or {}
    if not configs:
        return {"": json["vectorIndexConfig"]}
    return {key: value["vectorIndexConfig"] for key, value in configs.items()}


def _inverted(wanted: Json) -> Json:
    config: Json = {
        "cleanupIntervalSeconds": 60,
        "indexNullState": False,
        "indexPropertyLength": False,
        "indexTimestamps": False,
        "usingBlockMaxWAND": True,
    } | wanted
    bm25: Json = {"k1": 1.2, "b": 0.75} | (wanted.get("bm25") or {})
    config["bm25"] = bm25
    stopwords: Json = {"preset": "en", "additions": None, "removals": None} | (wanted.get("stopwords") or {})
    if stopwords["preset"] not in ("en", "none"):
        raise RefusedError(f"stopword preset '{stopwords['preset']}' not found")
    config["stopwords"] = stopwords
    if bm25["k1"] < 0 or not 0 <= bm25["b"] <= 1:
        raise RefusedError("BM25.k1 must be >= 0, and BM25.b must be <= 0 and <= 1")
    return config


def _fill_vectors(json: Json) -> None:
    configs: Json = json.get("vectorConfig") or {}
    if configs:
        if json.get("vectorizer") or json.get("vectorIndexType") or json.get("vectorIndexConfig"):
            raise RefusedError("class.vectorizer and class.vectorConfig can not both be set")
        for name, config in configs.items():
            names.check_vector_name(name)
            vectorizer: Json = config.get("vectorizer") or {}
            if len(vectorizer) != 1:
                raise RefusedError(f'vector "{name}": vectorizer must be set, to "none" where vectors are given')
            _only_none(next(iter(vectorizer)))
            config["vectorIndexType"] = config.get("vectorIndexType") or "hnsw"
            config["vectorIndexConfig"] = _index(config["vectorIndexType"], config.get("vectorIndexConfig") or {})
        return
    json["vectorizer"] = json.get("vectorizer") or "none"
    _only_none(json["vectorizer"])
    json["vectorIndexType"] = json.get("vectorIndexType") or "hnsw"
    json["vectorIndexConfig"] = _index(json["vectorIndexType"], json.get("vectorIndexConfig") or {})


def _only_none(vectorizer: str) -> None:
    if vectorizer != "none":
        raise RefusedError(f'vectorizer: no module with name "{vectorizer}" present')


def _index(kind: str, wanted: Json) -> Json:
    if kind not in ("hnsw", "flat"):
        raise RefusedError(f'unrecognized or unsupported vectorIndexType "{kind}"')
    config: Json = deepcopy(HNSW if kind == "hnsw" else FLAT) | wanted
    if config["distance"] not in DISTANCES:
        raise RefusedError(f"unrecognized distance metric {config['distance']!r}")
    for quantizer in QUANTIZERS:
        config[quantizer] = {"enabled": False} | (config.get(quantizer) or {})
    if sum(bool(config[quantizer]["enabled"]) for quantizer in QUANTIZERS) > 1:
        raise RefusedError("invalid hnsw config: more than a single compression methods enabled")
    return config

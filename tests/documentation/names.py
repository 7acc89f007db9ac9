"""Whether the settings, facts, fields, metrics, files and routes that a page names exist."""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connector import block_lists, gateways, mapping, message_apis
from connector.block_lists.base import SCOPE, BlockListKind
from connector.domain.errors import ConfigurationError
from connector.footprint import everything
from connector.message_apis.base import MessageApiKind
from connector.rest.keys import RATE, Key
from connector.settings import (
    Secret,
    block_list_values,
    declared,
    gateway_secrets,
    message_api_values,
)
from connector.settings.declaration import (
    ADDRESSES,
    BLOCK_LIST_PREFIX,
    GATEWAY_PREFIX,
    MESSAGE_API_PREFIX,
    REGION,
)
from connector.web.openapi import document
from tests.documentation.page import Page


ROOT = Path(__file__).parents[2]
#: Settings of the tests, and fields that an org of the examples might have.
_TEST_SETTINGS = {"CONNECTOR_TEST_POSTGRES"}
_EXAMPLE_FIELDS = {
    "SMS_Status_Text__c",
    "SMS_Opt_In__c",
    "SMS_Colour__c",
    "SMS_Phone__pc",
    "SMS_Delivery_Status__pc",
    "SMS_Opt_Out__pc",
}
_TOPICS = "|".join(sorted({name.partition(".")[0] for name in mapping.FACTS}))
_FACT = re.compile(rf"(?<![\w./-])(?:{_TOPICS})\.[a-z_]+\b(?![\w./-])")
_PATH = re.compile(r"(?:deploy|docs|tests|connector|mappings|\.ci)/[\w./-]*\w")
_ROUTE = re.compile(r"(?:GET|POST|PUT|DELETE) (/[^\s?]*)")
_SUFFIXES = re.compile(r"_(?:total|bucket|sum|count)$")


def faults(page: Page) -> Iterator[str]:
    """The names of a page that nothing has, a line for each."""
    settings = sorted(set(re.findall(r"\bCONNECTOR_[A-Z0-9_]+", page.text)))
    yield from filter(None, map(setting_fault, settings))
    code = "\n".join(page.code)
    for name in sorted(set(_FACT.findall(code)) - mapping.FACTS.keys() - _events()):
        yield f"{name}: no fact, and no event of the log"
    for name in sorted(set(re.findall(r"\bsmsconn_[a-z_]+", code))):
        if _SUFFIXES.sub("", name) not in _metrics():
            yield f"{name}: no metric"
    fields = set(re.findall(r"\bSMS_\w+__(?:c|e|pc)\b", page.text))
    for name in sorted(fields - _fields() - _EXAMPLE_FIELDS):
        yield f"{name}: neither a field nor an object of the set-up"
    yield from filter(None, map(_span_fault, page.spans))


def _span_fault(span: str) -> str:
    if _PATH.fullmatch(span) and not (ROOT / span).exists():
        return f"{span}: no such file"
    route = _ROUTE.fullmatch(span)
    return f"{span}: no such route" if route and not _is_route(route[1]) else ""


def setting_fault(name: str) -> str:
    """What is wrong with the name of a setting; nothing if the service would take it."""
    if name.endswith("_"):  # a pattern goes on with what stands in brackets
        prefixes = (GATEWAY_PREFIX, BLOCK_LIST_PREFIX, MESSAGE_API_PREFIX)
        begun = [*prefixes, *(each.name for each in declared())]
        fits = name.startswith(prefixes) or any(each.startswith(name) for each in begun)
        return "" if fits else f"{name}: no setting begins like this"
    known = {each.name for each in declared()}
    known |= {f"{each.name}_FILE" for each in declared() if each.kind.secret}
    if name in known | _TEST_SETTINGS:
        return ""
    for prefix, place in _ACCOUNTS.items():
        if name.startswith(prefix):
            rest = name.removeprefix(prefix).removesuffix("_FILE").removesuffix("_PREVIOUS")
            try:
                place({rest: Secret("x")})
            except ConfigurationError as error:
                return f"{name}: {error}"
            return ""
    return f"{name}: no setting"


def _in_gateways(found: Mapping[str, Secret]) -> object:
    options = [each.word.lower() for each in (REGION, ADDRESSES)]
    return gateway_secrets(
        found,
        {name: [*each.secrets, *options] for name, each in gateways.installed().items()},
    )


def _in_block_lists(found: Mapping[str, Secret]) -> object:
    return block_list_values(found, _keys(block_lists.installed(), SCOPE, RATE))


def _in_message_apis(found: Mapping[str, Secret]) -> object:
    return message_api_values(found, _keys(message_apis.installed(), RATE))


def _keys(
    kinds: Mapping[str, BlockListKind] | Mapping[str, MessageApiKind], *common: Key
) -> dict[str, Sequence[str]]:
    return {name: [key.name for key in (*kind.keys, *common)] for name, kind in kinds.items()}


_ACCOUNTS = {
    GATEWAY_PREFIX: _in_gateways,
    BLOCK_LIST_PREFIX: _in_block_lists,
    MESSAGE_API_PREFIX: _in_message_apis,
}


@functools.cache
def _sources() -> str:
    files = sorted((ROOT / "connector").rglob("*.py"))
    return "\n".join(path.read_text("utf-8") for path in files)


@functools.cache
def _events() -> frozenset[str]:
    """The events of the log, and whatever else is named like one in the code."""
    return frozenset(re.findall(r"\"([a-z_]+(?:\.[a-z_]+)+)\"", _sources()))


@functools.cache
def _metrics() -> frozenset[str]:
    return frozenset(re.findall(r"\"(smsconn_[a-z_]+)\"", _sources()))


@functools.cache
def _fields() -> frozenset[str]:
    whole = everything()
    names = {each.name for each in whole.objects}
    for owner in ("Contact", "Lead", *names):
        names = names | {spec.name for spec in whole.fields_of(owner)}
    return frozenset(names) | {name.replace("__c", "__pc") for name in names}


def _is_route(path: str) -> bool:
    if path.startswith("/api/"):
        wanted = path.rstrip("/").split("/")
        return any(_fits(each.split("/"), wanted) for each in document("")["paths"]) or (
            path == "/api/openapi.json"
        )
    ours = ("/callbacks", "/livez", "/readyz", "/metrics", "/status", "/emulator", "/v", "/x/")
    return path.startswith(ours) or path == "/"


def _fits(route: Sequence[str], path: Sequence[str]) -> bool:
    return len(route) == len(path) and all(
        mine.startswith("{") or mine == given for mine, given in zip(route, path, strict=True)
    )

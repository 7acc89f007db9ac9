"""
Writes docs/settings.md: every setting by its theme, and those of gateways.

What stands there beyond the declarations is in setting_words.yaml.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from connector import gateways
from connector.settings import ADDRESSES, REGION, declared, secret_name
from connector.settings.declaration import GATEWAY_PREFIX, Declaration


PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
WORDS = Path(__file__).with_name("setting_words.yaml")

Tabulate = Callable[[Sequence[str], Iterable[Sequence[str]]], str]
#: A title, what its settings are about, and the settings: name, example, effect.
Theme = Mapping[str, Any]

_BEGINNING = """\
Every setting is an environment variable, read once at the start. A name that is not listed
here is an error, so that a misspelt one does not go unnoticed. `connector config show` prints
what is set and from where, `connector config check` whether the service could work with it.

To begin you need `CONNECTOR_PUBLIC_URL`, the secret of [a gateway](gateways.md), and the login
to Salesforce that `connector org login` writes for you. All the rest has a default that works.
"""

_SECRETS = """\
Secrets ({} and those of the gateways) may stand in a file instead, which the same name with
`_FILE` names. Nobody but the user of the service may read that file. Setting both is an error.
"""

_GATEWAYS = """\
`CONNECTOR_GATEWAY_<NAME>_<KEY>` is a secret of a gateway. A second one,
`CONNECTOR_GATEWAY_<NAME>_<KEY>_PREVIOUS`, is valid too while it is being changed.
`CONNECTOR_GATEWAY_<NAME>__<ACCOUNT>_<KEY>` belongs to callbacks at
`/callbacks/<name>/<account>`; an account `eu-west` is written `EU_WEST`. The
[page of a gateway](gateways.md) says what each is.

Each of these accounts may have options, which are no secrets, by the same rule. An account has
its own: none is passed on from the account without a name.
"""

_CALLERS = """\
The address of a caller is that of the connection. Only where it is one of
`CONNECTOR_TRUSTED_PROXIES`, the nearest address in `X-Forwarded-For` that is none of them
counts; `Forwarded` is not read. A caller whose address cannot be told is kept out.
"""

_LISTS = """\
`CONNECTOR_BLOCK_LIST_<GATEWAY>_<KEY>` belongs to the list of opt-outs that a gateway keeps
itself; [block-lists.md](block-lists.md) has all of them.
"""

_APIS = """\
`CONNECTOR_MESSAGE_API_<GATEWAY>_<KEY>` belongs to the API that a gateway is asked by for what
no callback told; [reconcile.md](reconcile.md) has all of them.
"""


def themes() -> list[Theme]:
    """What is said of the settings; one that nobody has described yet stands at the end."""
    known = {each.name: each.default for each in declared()}
    told: list[Theme] = [
        {**theme, "settings": [each for each in theme["settings"] if each["name"] in known]}
        for theme in yaml.safe_load(WORDS.read_text("utf-8"))
    ]
    names = {each["name"] for theme in told for each in theme["settings"]}
    left = [
        {"name": name, "example": default, "effect": ""}
        for name, default in known.items()
        if name not in names
    ]
    return [*told, *([{"title": "More", "about": "", "settings": left}] if left else [])]


def page(tabulate: Tabulate) -> str:
    known = {each.name: each for each in declared()}
    secrets = ", ".join(f"`{name}`" for name, each in known.items() if each.kind.secret)
    index = [
        (
            f"[{theme['title']}](#{theme['title'].lower().replace(' ', '-')})",
            "<br>".join(
                f"[`{each['name']}`](#{each['name'].lower()})" for each in theme["settings"]
            ),
        )
        for theme in themes()
    ]
    parts = [
        "# Settings",
        "<!-- Written by `make docs` from the code: change it there. -->",
        _BEGINNING,
        tabulate(["about", "settings"], index),
        _SECRETS.format(secrets),
        *(part for theme in themes() for part in _theme(theme, known)),
        *_of_gateways(tabulate),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _theme(theme: Theme, known: Mapping[str, Declaration]) -> Iterable[str]:
    yield f"## {theme['title']}"
    yield theme["about"]
    for each in theme["settings"]:
        declaration, name, example = known[each["name"]], each["name"], each["example"]
        text = declaration.help
        default = f"`{declaration.default}`" if declaration.default else "not set"
        shown = example.replace("\n", "\\n")
        yield f"### `{name}`"
        yield f"{text[:1].upper()}{text[1:]}. {each['effect']}"
        yield "\n".join(
            [
                f"- value: {declaration.kind.words}",
                f"- default: {default}",
                f"- example: `{name}={shown}`",
            ]
        )


def _of_gateways(tabulate: Tabulate) -> Iterable[str]:
    yield "## Gateways"
    yield _GATEWAYS
    yield tabulate(
        ["name", "value", "what it does"],
        [
            (f"`{GATEWAY_PREFIX}<NAME>_{each.word}`", each.kind.words, each.help)
            for each in (REGION, ADDRESSES)
        ],
    )
    yield _CALLERS
    yield tabulate(
        ["gateway", "names"],
        [
            (
                f"[{gateway.name}](gateways/{gateway.name}.md)",
                "<br>".join(
                    f"`{secret_name(gateway.name, '', key)}`" for key in gateway.secrets
                ),
            )
            for gateway in gateways.installed().values()
        ],
    )
    yield "## Block lists of gateways"
    yield _LISTS
    yield "## Message APIs"
    yield _APIS

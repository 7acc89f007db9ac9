"""Each gateway has a page that tells all of it, and what is known to go wrong."""

import re

import pytest

from connector import block_lists, gateways, message_apis
from connector.settings import block_list_name, message_api_name, secret_name
from tests.gateways.cases import FILES, read
from tests.support.gateway_pages import EXAMPLES, FOLDER, TROUBLES
from tests.support.gateway_tables import TABLES


NAMES = list(gateways.installed())


def page(name):
    return (FOLDER / f"{name}.md").read_text("utf-8")


def test_every_gateway_has_a_page_its_tables_and_an_example():
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(NAMES)
    assert sorted(TABLES) == sorted(EXAMPLES) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_names_every_setting_of_the_gateway(name):
    names = [secret_name(name, "", key) for key in gateways.find(name).secrets]
    for kinds, named in (
        (block_lists.installed(), block_list_name),
        (message_apis.installed(), message_api_name),
    ):
        if name in kinds:
            names += [named(name, "", key.name) for key in kinds[name].keys if key.needed]

    assert [each for each in names if f"`{each}`" not in page(name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_tells_of_known_troubles(name):
    _, _, troubles = page(name).partition(f"{TROUBLES}\n")

    told = re.findall(r"^- \*\*.+?[.?]\*\* .+\.$", troubles, flags=re.MULTILINE)

    assert len(told) >= 3
    assert len(told) == troubles.strip().count("\n") + 1


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_read_and_not_refused(name):
    assert '"trusted": false' not in page(name)
    assert '"kind": "delivery"' in page(name)


def test_what_proves_an_opt_out_is_told():
    for name, gateway in gateways.installed().items():
        assert all(f"`{code}`" in page(name) for code in gateway.proofs)


#: Where a word beside the code, or the first figures of it, tell the reason: see their notes.
BY_MORE = {"bird", "generic", "messagebird"}
#: A message that expired has that reason, whatever the code.
NOT_BY_CODE = {"unknown", "expired"}


def told_by_callbacks():
    """What the callback files of a gateway say of a code: the reason that it has."""
    for path in FILES:
        for event in read(path).events if path.parent.name not in BY_MORE else ():
            if event.get("error_code") and event.get("reason", "unknown") not in NOT_BY_CODE:
                yield path.parent.name, str(event["error_code"]), event["reason"]


@pytest.mark.parametrize("name,code,reason", sorted(set(told_by_callbacks())))
def test_a_code_that_a_callback_had_stands_in_the_tables_with_its_reason(name, code, reason):
    spelt = {code.lower(), code.lower().removeprefix("text_"), code.zfill(3)}

    told = {
        meant.value if meant else ""
        for table in TABLES[name]
        for codes, meant in table.codes.items()
        if spelt & set(codes.lower().split())
    }

    assert reason in told

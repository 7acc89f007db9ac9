"""The checks of the pages find what is planted, and let pass what is right."""

from pathlib import Path

import pytest

from tests.documentation import commands, links, names
from tests.documentation.page import Page


DOCS = Path(__file__).parents[2] / "docs"


def page(text):
    return Page(DOCS / "planted.md", text)


@pytest.mark.parametrize(
    "text",
    [
        "Call `connector explian MESSAGE-ID`.",
        "Call `connector setup docter`.",
        "```console\n$ connector config chek\n```",
        "```console\n$ cd deploy && connector config chek\n```",
        "```console\n$ .venv/bin/connector store upgarde\n```",
        "```console\n$ docker exec connector connector store bakcup /data/b\n```",
        "```console\n$ CONNECTOR_LISTEN=127.0.0.1:8081 connector wep\n```",
        "```sh\nconnector callbacks reconcile --sinse 6h\n```",
        "```console\n$ connector keys create crm \\\n    --scoope messages:read\n```",
        "Or `connector explain ID | connector konsent list`.",
        "Call `connector org login --flow client-credential`.",
        "Give `--dry-runn`.",
        "```console\n$ make demoo\n```",
        "`make relibility` takes long.",
        "`python -m tests.nothing`",
    ],
)
def test_a_misspelt_command_is_found(text):
    assert list(commands.faults(page(text)))


@pytest.mark.parametrize(
    "text",
    [
        "Call `connector explain MESSAGE-ID`, or `connector callbacks list --gateway aws`.",
        "`connector consent list | import | export`",
        "```console\n$ docker run --name connector --read-only connector:0.1.0\n```",
        "```console\n$ connector --version\nconnector 0.1.0\n```",
        "```console\n$ docker exec --user=10001 connector connector store stats\n```",
        "```text\nconnector: unknown setting\n```",
        "`connector gateways show NAME`, `make demo`, `--json`, `python -m tests.benchmarks`",
    ],
)
def test_a_command_that_is_there_is_let_pass(text):
    assert list(commands.faults(page(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Set `CONNECTOR_PUBLIK_URL`.",
        "```console\n$ export CONNECTOR_GATEWAY_TWILIO_AUTH_TOKE=x\n```",
        "`CONNECTOR_GATEWAY_TWILIO__EU_WEST_AUTH_TOKE`",
        "`CONNECTOR_PUBLIC_URL_FILE`",
        "`CONNECTOR_BLOCK_LIST_TELNYX_API_KY`",
        "`CONNECTOR_MESSAGE_API_TWILIO_ACCOUNT`",
        "`CONNECTOR_SALESFROCE_...`",
        "The fact `delivery.statos`.",
        "```yaml\nfields:\n  X__c: consent.opted_outt\n```",
        "`SMS_Delivery_State__c` is ticked.",
        "See `smsconn_outbox_row`.",
        "See `deploy/prometheus/rules.yaml`.",
        "`POST /api/message`",
    ],
)
def test_a_misspelt_name_is_found(text):
    assert list(names.faults(page(text)))


@pytest.mark.parametrize(
    "text",
    [
        "`CONNECTOR_PUBLIC_URL`, `CONNECTOR_DATABASE_URL_FILE`, `CONNECTOR_HEALTH_...`",
        "`CONNECTOR_GATEWAY_TWILIO__EU_WEST_AUTH_TOKEN_PREVIOUS`",
        "`CONNECTOR_GATEWAY_<NAME>_<KEY>`, `CONNECTOR_GATEWAY_KANNEL_REGION`",
        "`CONNECTOR_BLOCK_LIST_TELNYX_SCOPE`, `CONNECTOR_BLOCK_LIST_UNBLOCK`",
        "`delivery.status`, the event `consent.late`, `SMS_Opt_Out__c`",
        "`smsconn_callbacks_total`, `smsconn_ack_seconds_bucket`",
        "`GET /api/messages/<gateway>/<message id>`, `POST /api/suppression/check`",
    ],
)
def test_a_name_that_is_there_is_let_pass(text):
    assert list(names.faults(page(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "[x](nothing.md)",
        "[x](concepts.md#nothing)",
        "# Here\n\n[x](#there)",
        "![picture](nothing.svg)",
        '<img src="nothing.svg">',
    ],
)
def test_a_link_that_leads_nowhere_is_found(text):
    assert list(links.faults(page(text)))


@pytest.mark.parametrize(
    "text",
    [
        "[x](concepts.md#the-way)",
        "# Here, and `there`\n\n[x](#here-and-there)",
        "# Twice\n\n# Twice\n\n[x](#twice-1)",
        "[x](https://example.org/nothing#nothing)",
        "Not a link: `[x](nothing.md)`.",
    ],
)
def test_a_link_that_leads_somewhere_is_let_pass(text):
    assert list(links.faults(page(text))) == []


def test_a_table_that_falls_apart_is_seen():
    table = "| a | b |\n|---|---|\n| `x|y` | c |\n| `x\\|y` | c |\n"

    assert page(f"Text.\n\n{table}\nText.\n").tables == [[2, 2, 3, 2]]

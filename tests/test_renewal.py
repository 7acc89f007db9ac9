"""A secret that changes in its file is taken up, as Kubernetes and people change them."""

import asyncio
import io
import json
import logging
import os

import pytest

from connector import logs
from connector.domain.errors import ConfigurationError
from connector.emulator import EmulatedOrg, WSGIAdapter, create_app
from connector.salesforce.connect import connect
from connector.settings import Settings
from connector.web.assembly import assemble
from connector.web.lifetime import Repeated
from connector.wiring.local import read_secrets
from connector.wiring.org import org_access
from connector.wiring.renewal import Renewal, secret_files
from tests.support.asgi import ask


#: Made up.
OLD, NEW = "the-old-one-of-nobody", "the-new-one-of-nobody"


class Secret:
    """A file of a secret, and settings that name it."""

    def __init__(self, path, name, variables):
        self.path = path
        self._variables = {**variables, f"{name}_FILE": str(path)}

    def write(self, text):
        """As an editor does it: another file in its place."""
        other = self.path.with_suffix(".new")
        other.write_text(text)
        other.chmod(0o600)
        other.replace(self.path)

    def read(self):
        return Settings.from_environment(self._variables)


@pytest.fixture
def token(tmp_path):
    variables = {"CONNECTOR_PUBLIC_URL": "https://sms.example.org"}
    found = Secret(tmp_path / "token", "CONNECTOR_GATEWAY_KANNEL_TOKEN", variables)
    found.write(OLD)
    return found


@pytest.fixture
def taken():
    return []


@pytest.fixture
def renewal(token, taken):
    return Renewal(token.read(), lambda s: taken.append(read_secrets(s)), read=token.read)


@pytest.fixture
def lines():
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.setup(format="json", secrets=[OLD], stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.basicConfig(handlers=handlers, level=level, force=True)
    logging.captureWarnings(capture=False)


def test_the_files_are_those_that_secrets_came_from(token):
    assert secret_files(token.read()) == [str(token.path)]


def test_as_long_as_nothing_changes_nothing_is_read(renewal, taken):
    assert not renewal.look()
    assert taken == []


def test_a_new_secret_is_taken_up_once(renewal, token, taken):
    token.write(NEW)

    assert [renewal.look(), renewal.look()] == [True, False]
    [secrets] = taken
    assert secrets["kannel", ""]["token"] == (NEW,)


def test_a_link_that_leads_elsewhere_counts(tmp_path, taken):
    """So Kubernetes swaps all files of a secret at once."""
    for name, text in (("one", OLD), ("two", NEW)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
        os.utime(tmp_path / name, (1, 1))
    (tmp_path / "token").symlink_to("one")
    secret = Secret(tmp_path / "token", "CONNECTOR_GATEWAY_KANNEL_TOKEN", {})
    renewal = Renewal(secret.read(), taken.append, read=secret.read)

    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").replace(tmp_path / "token")

    assert renewal.look()


def test_what_cannot_be_read_leaves_all_as_it_was(renewal, token, taken, lines):
    token.write("")

    assert [renewal.look(), renewal.look()] == [False, False]
    assert taken == []
    assert [line["event"] for line in lines()] == ["settings.not_renewed"]


def test_a_file_that_is_gone_for_a_moment(renewal, token, taken):
    token.path.unlink()
    assert not renewal.look()

    token.write(NEW)

    assert renewal.look()
    assert len(taken) == 1


def test_both_secrets_are_masked_from_then_on(renewal, token, lines):
    token.write(NEW)
    renewal.look()

    logging.getLogger("test").warning("test.said", extra={"told": f"{OLD} and {NEW}"})

    assert lines()[-1]["told"] == "*** and ***"


def test_the_door_trusts_the_new_secret_and_no_longer_the_old(token, store, clock):
    place = "/callbacks/kannel?extid=1&type=1&from=%2B447700900123&token="

    async def act():
        settings = token.read()
        front = assemble(settings, store, clock)
        before = [(await ask(front, "GET", place + each)).status for each in (OLD, NEW)]
        door = front._door  # noqa: SLF001
        token.write(NEW)
        take = Renewal(settings, lambda s: door.trust_in(read_secrets(s)), read=token.read)
        take._seen = {}  # noqa: SLF001 (it was written before)
        assert take.look()
        after = [(await ask(front, "GET", place + each)).status for each in (OLD, NEW)]
        return before, after

    assert asyncio.run(act()) == ([200, 403], [403, 200])


def test_salesforce_is_asked_with_the_new_secret(tmp_path, clock):
    emulated = EmulatedOrg(clock=clock)
    emulated.register_app("key", secret=OLD)
    secret = Secret(
        tmp_path / "secret",
        "CONNECTOR_SALESFORCE_CLIENT_SECRET",
        {
            "CONNECTOR_SALESFORCE_CLIENT_ID": "key",
            "CONNECTOR_SALESFORCE_LOGIN_URL": emulated.my_domain,
        },
    )
    secret.write(OLD)
    access = org_access(secret.read())
    with connect(access, clock=clock, adapter=WSGIAdapter(create_app(emulated))) as org:
        renewal = Renewal(secret.read(), lambda s: org.use(org_access(s)), read=secret.read)
        emulated.register_app("key", secret=NEW)
        with pytest.raises(ConfigurationError):
            org.check()

        secret.write(NEW)

        assert renewal.look()
        assert org.check().instance_url
        assert org.login_refused is False
    emulated.close()


def test_a_step_is_repeated_until_it_is_stopped():
    async def act():
        done = asyncio.Event()
        steps = []

        def step():
            steps.append(1)
            if len(steps) == 3:
                done.set()

        repeated = Repeated(step, 0.001)
        repeated.start()
        await asyncio.wait_for(done.wait(), 30)
        repeated.stop()
        return len(steps)

    assert asyncio.run(act()) == 3

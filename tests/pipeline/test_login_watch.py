"""A refused login is noted in the store, so that any web process can tell a monitor."""

from datetime import timedelta

import pytest

from connector.domain.errors import ConfigurationError
from connector.emulator import WSGIAdapter, create_app
from connector.pipeline.login_watch import LoginWatch
from connector.pipeline.vitals import vitals
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect


@pytest.fixture
def watch(store, org, clock):
    return LoginWatch(store, org, clock)


def test_before_the_first_login_nothing_is_said(store, watch):
    assert watch.look() is False
    assert vitals(store).login_refused_since is None


def test_it_is_noted_since_when_the_login_is_refused(store, org, emulator, watch, clock):
    since = clock()
    refuse(org, emulator)

    watch.look()
    clock.now += timedelta(minutes=5)
    watch.look()

    assert vitals(store).login_refused_since == since


def test_a_login_that_works_again_ends_it(store, org, emulator, watch, clock):
    refuse(org, emulator)
    watch.look()
    emulator.register_app("key", secret="hush-hush")
    clock.now += timedelta(minutes=2)
    org.check()

    assert watch.look() is False
    assert vitals(store).login_refused_since is None


def test_a_worker_that_has_not_logged_in_yet_believes_the_others(
    store, org, emulator, watch, clock
):
    refuse(org, emulator)
    watch.look()

    access = OrgAccess(login_url=emulator.my_domain, client_id="key", client_secret="x" * 9)
    with connect(access, clock=clock, adapter=WSGIAdapter(create_app(emulator))) as fresh:
        assert LoginWatch(store, fresh, clock).look() is True


def refuse(org, emulator):
    emulator.register_app("key", secret="another-secret")
    with pytest.raises(ConfigurationError):
        org.check()

"""Settings of health, spikes and the webhook: sound together, and not shown."""

import pytest

from connector.domain.errors import ConfigurationError
from connector.domain.health import HealthRules
from connector.domain.spikes import SpikeRules
from connector.settings import Settings


KEY = "whsec_" + "A" * 32
ADDRESS = "https://hooks.example.org/alerts/T0/secret"


def read(**variables):
    return Settings.from_environment({f"CONNECTOR_{k}": v for k, v in variables.items()})


def problems(**variables):
    with pytest.raises(ConfigurationError) as caught:
        read(**variables)
    return str(caught.value).splitlines()


def test_the_defaults_are_the_rules_of_the_domain():
    assert read().health_rules == HealthRules()
    assert read().spike_rules == SpikeRules()


def test_thresholds_may_be_others():
    settings = read(HEALTH_HEALTHY="98.5", HEALTH_WATCH="95", HEALTH_SAMPLE="20")

    assert settings.health_rules == HealthRules(healthy=98.5, watch=95.0, sample=20)


@pytest.mark.parametrize(
    "variables, told",
    [
        ({"HEALTH_WATCH": "96"}, "Watch must begin below Healthy"),
        ({"HEALTH_MARGIN": "6", "HEALTH_HEALTHY": "94"}, "the margin must be smaller"),
        ({"HEALTH_HEALTHY": "nan"}, "must be a number from 0 to 100, not 'nan'"),
        ({"HEALTH_HEALTHY": "101"}, "must be a number from 0 to 100"),
        ({"SPIKE_POINTS": "0"}, "must be a number from 0.5 to 100"),
        ({"ALERT_WEBHOOK": ADDRESS}, "belong together"),
        ({"ALERT_WEBHOOK_KEY": KEY}, "belong together"),
    ],
)
def test_what_cannot_be_is_told(variables, told):
    (problem,) = problems(**variables)

    assert told in problem


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example.org/x",
        "hooks.example.org",
        "https://",
        "https://user:password@hooks.example.org/",
        "ftp://hooks.example.org/x",
        "https://hooks.example.org:0/x",
    ],
)
def test_an_address_that_is_not_safe_is_refused_and_not_repeated(address):
    (problem,) = problems(ALERT_WEBHOOK=address, ALERT_WEBHOOK_KEY=KEY)

    assert problem == (
        "CONNECTOR_ALERT_WEBHOOK must be an address that begins with https:// "
        "(http for this machine only)"
    )


@pytest.mark.parametrize("key", ["whsec_AAAA", "not base64!"])
def test_a_key_that_cannot_be_one_is_refused_and_not_repeated(key):
    (problem,) = problems(ALERT_WEBHOOK=ADDRESS, ALERT_WEBHOOK_KEY=key)

    assert problem == (
        "CONNECTOR_ALERT_WEBHOOK_KEY must be whsec_ and the base64 of 24 to 64 bytes"
    )


def test_of_the_address_only_the_host_is_shown():
    settings = read(ALERT_WEBHOOK=ADDRESS, ALERT_WEBHOOK_KEY=KEY)
    shown = {each.name: each.value for each in settings.shown()}

    assert settings.alert_webhook.value == ADDRESS
    assert shown["CONNECTOR_ALERT_WEBHOOK"] == "https://hooks.example.org/***"
    assert shown["CONNECTOR_ALERT_WEBHOOK_KEY"] == "***"
    assert {ADDRESS, KEY} <= set(settings.secrets)


def test_this_machine_may_be_posted_to_in_clear():
    address = "http://127.0.0.1:9000/"

    assert read(ALERT_WEBHOOK=address, ALERT_WEBHOOK_KEY=KEY).alert_webhook.value == address

"""The Compose file: hardened containers, in their order, with the files that it names."""

import pytest
import yaml

from tests.deploy.dockerfile import ROOT


PATH = ROOT / "deploy" / "compose.yaml"
COMPOSE = yaml.safe_load(PATH.read_text())
SERVICES = COMPOSE["services"]
OURS = ("web", "worker", "upgrade")
#: The keys of the Compose Specification that we use.
KEYS = {
    "build",
    "cap_add",
    "cap_drop",
    "command",
    "depends_on",
    "deploy",
    "env_file",
    "environment",
    "healthcheck",
    "image",
    "logging",
    "networks",
    "ports",
    "read_only",
    "restart",
    "secrets",
    "security_opt",
    "shm_size",
    "stop_grace_period",
    "tmpfs",
    "volumes",
}
CONDITIONS = {"service_healthy", "service_completed_successfully"}
#: What the operator puts beside the file; docs/deployment.md says how.
OF_THE_OPERATOR = {"connector.env", "tls", "secrets"}


def test_it_has_what_a_deployment_needs():
    assert set(SERVICES) == {"proxy", "database", *OURS}
    assert SERVICES["web"]["deploy"] == SERVICES["worker"]["deploy"] == {"replicas": 2}


@pytest.mark.parametrize("name", SERVICES)
class TestService:
    def test_every_key_is_one_of_compose(self, name):
        assert set(SERVICES[name]) <= KEYS

    def test_it_is_hardened(self, name):
        service = SERVICES[name]

        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["stop_grace_period"] in {"45s", "60s"}
        assert "privileged" not in service

    def test_its_health_is_known(self, name):
        check = SERVICES[name]["healthcheck"]

        assert check == {"disable": True} or check["test"][0] == "CMD"

    def test_what_it_waits_for_is_there(self, name):
        for other, wish in SERVICES[name].get("depends_on", {}).items():
            assert wish["condition"] in CONDITIONS
            assert "healthcheck" in SERVICES[other]

    def test_its_networks_volumes_and_secrets_are_declared(self, name):
        service = SERVICES[name]

        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or source.startswith("./")

    def test_the_secrets_that_it_reads_are_mounted(self, name):
        service = SERVICES[name]

        read = {
            value.removeprefix("/run/secrets/")
            for value in service.get("environment", {}).values()
            if value.startswith("/run/secrets/")
        }
        assert read == set(service.get("secrets", []))


def test_the_files_that_it_names_are_there():
    named = [
        volume.split(":")[0].removeprefix("./")
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    named += [secret["file"] for secret in COMPOSE["secrets"].values()]
    named += [file["path"] for name in OURS for file in SERVICES[name]["env_file"]]

    for each in named:
        assert each.split("/")[0] in OF_THE_OPERATOR or (PATH.parent / each).exists(), each


def test_what_is_asked_for_by_the_operator_is_described():
    page = (ROOT / "docs" / "deployment.md").read_text()

    for secret in COMPOSE["secrets"].values():
        assert secret["file"] in page


def test_only_the_proxy_can_be_reached():
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["proxy"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["database"]["networks"] == ["inside"]


def test_the_proxy_is_believed_and_nobody_else():
    [network] = COMPOSE["networks"]["outside"]["ipam"]["config"]

    assert SERVICES["web"]["environment"]["CONNECTOR_TRUSTED_PROXIES"] == network["subnet"]


@pytest.mark.parametrize(
    "name, words",
    [
        ("web", ["web"]),
        ("worker", ["worker"]),
        ("upgrade", ["store", "upgrade"]),
    ],
)
def test_each_runs_its_command(name, words):
    assert SERVICES[name]["command"] == words


def test_a_worker_is_asked_as_a_worker():
    worker = SERVICES["worker"]

    assert worker["healthcheck"]["test"] == ["CMD", "connector", "health", "worker"]
    assert "CONNECTOR_HEARTBEAT_FILE" in worker["environment"]

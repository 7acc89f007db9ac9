"""Whatever a file below deploy/ sets, the service knows; and no secret stands there."""

import re

import pytest

from connector import gateways
from connector.domain.errors import ConfigurationError
from connector.settings import Settings, declared, secret_name
from tests.deploy.dockerfile import ROOT


FOLDER = ROOT / "deploy"
#: Metadata of Salesforce is written by a program, and holds no setting.
FILES = [
    path
    for path in sorted([*FOLDER.rglob("*"), ROOT / "Dockerfile"])
    if path.is_file() and FOLDER / "salesforce" not in path.parents
]
ENVIRONMENTS = [FOLDER / "systemd" / "connector.env", FOLDER / "kubernetes" / "connector.env"]


def known():
    plain = {each.name for each in declared()}
    secret = {each.name for each in declared() if each.kind.secret}
    secret |= {
        secret_name(name, "", key)
        for name, gateway in gateways.installed().items()
        for key in gateway.secrets
    }
    return plain | secret | {f"{name}_FILE" for name in secret}, secret


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_that_is_named_exists(path):
    names, _ = known()

    named = set(re.findall(r"\bCONNECTOR_[A-Z_]*[A-Z]\b", path.read_text("utf-8")))

    assert named <= names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_secret_stands_in_it(path):
    _, secrets = known()
    text = path.read_text("utf-8")

    given = set(re.findall(r"\b(CONNECTOR_[A-Z_]*[A-Z])\s*[=:]", text))

    assert not given & secrets
    assert "BEGIN" not in text or "PRIVATE KEY" not in text


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.parent.name)
def test_the_settings_of_an_example_can_be_read(path, tmp_path):
    variables = dict(
        line.split("=", 1) for line in path.read_text().splitlines() if line and line[0] != "#"
    )
    if "CONNECTOR_DATABASE_URL_FILE" in variables:
        url = tmp_path / "url"
        url.write_text("postgresql://connector:x@database/connector")
        url.chmod(0o600)
        variables["CONNECTOR_DATABASE_URL_FILE"] = str(url)

    settings = Settings.from_environment(variables)

    assert settings.public_url.startswith("https://")
    with pytest.raises(ConfigurationError, match="PRIVATE_KEY"):
        settings.require_salesforce()  # the secret is not in it

"""An emulated org in good health, to be broken in one way, and the doctor's report on it."""

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.cli import root
from connector.clock import system_clock
from connector.emulator import ADMIN, INTEGRATION_USER, EmulatedOrg, serve
from connector.footprint import footprint, zip_of


CONSUMER_KEY = "clinic-app"
PERMISSION_SET = "SMS_Connector"
API_ONLY = "Minimum Access - API Only Integrations"


@dataclasses.dataclass(frozen=True, slots=True)
class AppKey:
    """A private key in a file, and its public half."""

    file: Path
    private: rsa.RSAPrivateKey

    @classmethod
    def make(cls, folder: Path) -> "AppKey":
        private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        file = folder / "app.key"
        file.touch(mode=0o600)
        file.write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return cls(file, private)

    @property
    def public_pem(self) -> str:
        return (
            self.private.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )


@dataclasses.dataclass(slots=True)
class Clinic:
    """The org, its settings as variables, and ways to call the doctor."""

    org: EmulatedOrg
    variables: dict[str, str]

    def set(self, **settings: object) -> None:
        self.variables |= {f"CONNECTOR_{name}": str(value) for name, value in settings.items()}

    def unset(self, *names: str) -> None:
        for name in names:
            del self.variables[f"CONNECTOR_{name}"]

    def admin_env(self, file: Path, key: AppKey) -> Path:
        """The login of the org's administrator, in a file."""
        self.org.register_app("admin-app", key.public_pem, username=ADMIN)
        login = {
            **{name: value for name, value in self.variables.items() if "SALESFORCE" in name},
            "CONNECTOR_SALESFORCE_CLIENT_ID": "admin-app",
            "CONNECTOR_SALESFORCE_USERNAME": ADMIN,
        }
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in login.items()))
        return file

    def call(self, *arguments: str) -> Result:
        command = ["setup", "doctor", *arguments]
        return CliRunner(env=self.variables).invoke(root, command)

    def report(self, *arguments: str) -> "Report":
        result = self.call("--json", *arguments)
        assert result.exit_code in {0, 1, 2}, result.exception
        return Report(result.exit_code, json.loads(result.stdout)["findings"])


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What the doctor found, as a program reads it."""

    exit_code: int
    findings: list[Mapping[str, Any]]

    def of(self, *levels: str) -> set[str]:
        """The names of what was found at these levels."""
        return {each["name"] for each in self.findings if each["level"] in levels}

    @property
    def names(self) -> set[str]:
        """Everything that was found and has a name."""
        return {each["name"] for each in self.findings if each["name"]}

    def finding(self, name: str) -> Mapping[str, Any]:
        return next(each for each in self.findings if each["name"] == name)

    def checks(self, level: str) -> set[str]:
        return {each["check"] for each in self.findings if each["level"] == level}


def _set_up(org: EmulatedOrg, key: AppKey) -> None:
    """All that `connector setup apply` brings, for a user of minimum access."""
    org.use_profile(INTEGRATION_USER, API_ONLY)
    deployed = org.deploy(zip_of(footprint().components(), api_version="66.0"))
    assert deployed.success, deployed.failures[:3]
    org.assign(PERMISSION_SET, INTEGRATION_USER)
    org.register_app(CONSUMER_KEY, key.public_pem)


def _template(key: AppKey) -> Path:
    """A file with such an org, made once for each key."""
    path = key.file.with_name("healthy.sqlite3")
    if not path.exists():
        with contextlib.closing(EmulatedOrg(str(path), clock=system_clock)) as org:
            _set_up(org, key)
    return path


@contextlib.contextmanager
def clinic(folder: Path, key: AppKey, **org_keys: Any) -> Iterator[Clinic]:
    """An org of its own in good health, behind HTTPS."""
    path = folder / "org.sqlite3"
    shutil.copyfile(_template(key), path)
    with (
        contextlib.closing(
            EmulatedOrg(str(path), **{"clock": system_clock, **org_keys})
        ) as org,
        serve(org, folder=key.file.parent) as server,
    ):
        variables = {
            "CONNECTOR_SALESFORCE_LOGIN_URL": server.https_url,
            "CONNECTOR_SALESFORCE_CLIENT_ID": CONSUMER_KEY,
            "CONNECTOR_SALESFORCE_USERNAME": INTEGRATION_USER,
            "CONNECTOR_SALESFORCE_PRIVATE_KEY_FILE": str(key.file),
            "CONNECTOR_SALESFORCE_CA_FILE": str(server.ca_file),
            "CONNECTOR_DATA_FOLDER": str(folder / "data"),
        }
        yield Clinic(org, variables)

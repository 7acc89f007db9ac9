"""Key, certificate and settings files; and addresses out of a browser."""

import stat
import subprocess
from datetime import timedelta

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connector.domain.errors import ConfigurationError
from connector.settings import Settings
from connector.setup import login
from connector.setup.walkthrough import Flow, remaining, steps
from tests.support.clock import NOON


@pytest.fixture
def pair(tmp_path):
    return login.make_key_pair(tmp_path / "salesforce", years=2, now=NOON)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class TestKeyPair:
    def test_is_rsa_of_2048_bits_with_a_certificate_that_fits(self, pair):
        key = load_pem_private_key(pair.key_file.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate(pair.certificate.path.read_bytes())

        assert isinstance(key, rsa.RSAPrivateKey)
        assert key.key_size == 2048
        assert certificate.public_key() == key.public_key()
        assert pair.certificate.fits
        assert pair.made

    def test_is_valid_from_the_day_before_for_the_years(self, pair):
        assert pair.certificate.starts < NOON
        assert pair.certificate.ends == NOON + timedelta(days=730)

    def test_only_its_owner_can_read_the_key(self, pair):
        assert mode(pair.key_file) == 0o600
        assert mode(pair.key_file.parent) == 0o700

    def test_is_found_again(self, pair):
        found = login.find_key_pair(pair.key_file.parent)

        assert found is not None
        assert found.key == pair.key
        assert found.certificate == pair.certificate
        assert not found.made

    def test_is_not_found_in_an_empty_folder(self, tmp_path):
        assert login.find_key_pair(tmp_path) is None

    def test_a_key_without_its_certificate_is_told(self, pair):
        pair.certificate.path.unlink()

        with pytest.raises(ConfigurationError, match="--force"):
            login.find_key_pair(pair.key_file.parent)

    def test_a_certificate_of_another_key_is_told(self, pair, tmp_path):
        other = login.make_key_pair(tmp_path / "other", years=1, now=NOON)
        pair.certificate.path.write_bytes(other.certificate.path.read_bytes())

        with pytest.raises(ConfigurationError, match="fits"):
            login.find_key_pair(pair.key_file.parent)

    def test_a_folder_that_cannot_be_made_is_told(self, tmp_path):
        (tmp_path / "file").touch()

        with pytest.raises(ConfigurationError, match="another --folder"):
            login.make_key_pair(tmp_path / "file", years=1, now=NOON)


class TestSettingsText:
    VALUES = {  # noqa: RUF012
        "CONNECTOR_SALESFORCE_LOGIN_URL": "https://acme--dev.sandbox.my.salesforce.com",
        "CONNECTOR_SALESFORCE_USERNAME": "sms+one@acme.com",
        "CONNECTOR_SALESFORCE_CLIENT_ID": "3MVG9_a.b",
    }

    def test_is_read_back_by_us_and_by_the_shell(self, tmp_path):
        path = tmp_path / "salesforce.env"
        login.keep_private(path, login.settings_text(self.VALUES, notes=("One\nnote.",)))

        assert path.read_text().startswith("# One note.\n")
        assert mode(path) == 0o600
        assert Settings.from_file(path).salesforce_username == "sms+one@acme.com"
        shell = subprocess.run(
            ["sh", "-c", f"set -a; . {path}; env"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
        assert all(f"{name}={value}" in shell.stdout for name, value in self.VALUES.items())

    @pytest.mark.parametrize("value", ["/my folder/key", "o'brien@acme.com", "a$b", 'a"b'])
    def test_refuses_what_would_be_read_differently(self, value):
        with pytest.raises(ConfigurationError, match="do not read alike"):
            login.settings_text({"CONNECTOR_X": value}, notes=())


class TestSettingsFile:
    def test_takes_the_place_of_the_login_in_force_only(self, tmp_path):
        variables = {
            "CONNECTOR_SALESFORCE_USERNAME": "sms@acme.com",
            "CONNECTOR_LOG_LEVEL": "debug",
        }
        path = tmp_path / "a.env"
        path.write_text("export CONNECTOR_SALESFORCE_CLIENT_ID='x y'\n\n# no more\n")

        with CliRunner(env=variables).isolation():
            settings = Settings.from_file(path)

        assert (settings.salesforce_client_id, settings.salesforce_username) == ("x y", "")
        assert settings.log_level == "debug"

    @pytest.mark.parametrize(
        "text, told",
        [("A=1\nnonsense\n", ":2: must be NAME=value"), ("CONNECTOR_X=1", "unknown")],
    )
    def test_tells_what_is_wrong_with_it(self, tmp_path, text, told):
        path = tmp_path / "a.env"
        path.write_text(text)

        with pytest.raises(ConfigurationError, match=told):
            Settings.from_file(path)


class TestMyDomain:
    @pytest.mark.parametrize(
        "given, login_url",
        [
            ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
            ("Acme.my.salesforce.com", "https://acme.my.salesforce.com"),
            (
                "https://acme.lightning.force.com/lightning/setup/SetupOneHome/home",
                "https://acme.my.salesforce.com",
            ),
            ("https://acme.my.salesforce-setup.com/x", "https://acme.my.salesforce.com"),
            (
                "https://acme--dev.sandbox.lightning.force.com/one",
                "https://acme--dev.sandbox.my.salesforce.com",
            ),
            ("https://login.salesforce.com", "https://login.salesforce.com"),
            ("https://localhost:8490/x", "https://localhost:8490"),
            ("  ", ""),
        ],
    )
    def test_comes_from_whatever_the_browser_shows(self, given, login_url):
        assert login.my_domain(given) == login_url


class TestSteps:
    def test_name_the_certificate_to_upload(self, pair):
        told = " ".join(steps(Flow.JWT, pair.certificate.path))

        assert str(pair.certificate.path) in told
        assert "Admin approved users are pre-authorized" in told

    def test_name_the_run_as_user_for_client_credentials(self):
        assert "Run As" in " ".join(steps(Flow.CLIENT_CREDENTIALS, None))

    def test_speak_of_flows_where_there_are_some(self):
        assert len(remaining(["core", "flows"])) == len(remaining(["core"])) + 1
        assert len(remaining(["core", "events"])) == len(remaining(["core"])) + 1

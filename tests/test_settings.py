"""Settings: each read once from its variable, and every problem told at once."""

import ipaddress

import pytest

from connector.domain.errors import ConfigurationError
from connector.settings import (
    ADDRESSES,
    REGION,
    Address,
    Networks,
    Secret,
    Settings,
    account_key,
    declared,
    gateway_option,
    gateway_secrets,
    secret_name,
)
from connector.settings.secret import exposure


#: Only its first and last lines are real: the setting checks the form, the login the key.
KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
TWILIO_KEY = "CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN"
KEYS = {
    "twilio": ("auth_token", "token"),
    "kannel": ("token",),
    "kannel_plus": ("token", "basic"),
}


def read(**variables):
    return Settings.from_environment({f"CONNECTOR_{k}": v for k, v in variables.items()})


def problems(**variables):
    with pytest.raises(ConfigurationError) as caught:
        read(**variables)
    return str(caught.value).splitlines()


def secrets(**variables):
    return gateway_secrets(read(**variables).gateways, KEYS)


class TestEnvironment:
    def test_without_variables_everything_has_its_default(self):
        settings = Settings.from_environment({"HOME": "/root"})

        assert settings == Settings()
        assert settings.listen == Address("127.0.0.1", 8080)
        assert settings.salesforce_api_version == "66.0"
        assert settings.mappings is None

    def test_a_variable_sets_its_field(self):
        settings = read(LISTEN="[::1]:9000", SALESFORCE_BATCH_SIZE="50", LOG_LEVEL="DEBUG")

        assert settings.listen == Address("::1", 9000)
        assert str(settings.listen) == "[::1]:9000"
        assert settings.salesforce_batch_size == 50
        assert settings.log_level == "debug"

    def test_an_empty_variable_is_not_set(self):
        assert read(LISTEN="", PUBLIC_URL="  ") == Settings()

    def test_an_unknown_name_is_told_with_the_nearest(self):
        assert problems(LISTN="") == [
            "unknown setting CONNECTOR_LISTN; did you mean CONNECTOR_LISTEN?"
        ]

    def test_names_for_tests_are_left_alone(self):
        assert read(TEST_POSTGRES="postgresql://127.0.0.1/x") == Settings()

    def test_all_problems_are_told_at_once(self):
        told = problems(
            LISTEN="8080", PUBLIC_URL="http://sms.example.org", FLUSH_SECONDS="nan", X="1"
        )

        assert told == [
            (
                "CONNECTOR_PUBLIC_URL must be an address such as https://sms.example.org "
                "without a path (http for this machine only), not 'http://sms.example.org'"
            ),
            "CONNECTOR_LISTEN must be host:port such as 127.0.0.1:8080, not '8080'",
            "CONNECTOR_FLUSH_SECONDS must be a number of seconds from 0.1 to 3600, not 'nan'",
            "unknown setting CONNECTOR_X",
        ]

    @pytest.mark.parametrize("text", ["0", "201", "ten", "1.5"])
    def test_a_number_stays_in_its_range(self, text):
        assert problems(SALESFORCE_BATCH_SIZE=text) == [
            (
                "CONNECTOR_SALESFORCE_BATCH_SIZE must be a whole number from 1 to 200, "
                f"not '{text}'"
            )
        ]

    def test_more_workers_need_postgresql(self):
        url = "postgresql://db.example.org/connector"

        assert "CONNECTOR_DATABASE_URL" in problems(WORKER_PROCESSES="2")[0]
        assert read(WORKER_PROCESSES="2", DATABASE_URL=url).worker_processes == 2


class TestPublicUrl:
    @pytest.mark.parametrize(
        "text,url",
        [
            ("https://sms.example.org", "https://sms.example.org"),
            ("https://SMS.example.org/", "https://sms.example.org"),
            ("https://sms.example.org:8443", "https://sms.example.org:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost", "http://localhost"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ],
    )
    def test_is_an_origin(self, text, url):
        assert read(PUBLIC_URL=text).public_url == url

    @pytest.mark.parametrize(
        "text",
        [
            "sms.example.org",
            "http://sms.example.org",
            "https://sms.example.org/callbacks",
            "https://sms.example.org?a=b",
            "https://user@sms.example.org",
            "https://",
            "https://sms.example.org:99999",
            "https://sms example.org",
            "https://sms..example.org",
            f"https://{'3MVG' * 16}.example.org",
            "ftp://127.0.0.1",
        ],
    )
    def test_is_nothing_else(self, text):
        assert len(problems(PUBLIC_URL=text)) == 1


class TestSecret:
    def test_comes_from_a_file(self, tmp_path):
        path = tmp_path / "secret"
        path.write_text("s3cret\n")
        path.chmod(0o600)

        settings = read(SALESFORCE_CLIENT_SECRET_FILE=str(path))

        assert settings.salesforce_client_secret.value == "s3cret"
        assert settings.sources["CONNECTOR_SALESFORCE_CLIENT_SECRET"] == f"file {path}"

    def test_is_refused_from_a_file_that_others_can_read(self, tmp_path):
        path = tmp_path / "secret"
        path.write_text("s3cret\n")
        path.chmod(0o644)

        assert problems(SALESFORCE_CLIENT_SECRET_FILE=str(path)) == [
            (
                f"CONNECTOR_SALESFORCE_CLIENT_SECRET_FILE: {path}: "
                "other users can read it (mode 0644): chmod 600 it"
            )
        ]

    def test_may_be_readable_where_it_is_mounted_read_only(self):
        assert exposure(0o100444, read_only=True) == ("", "other users can read it (mode 0444)")
        assert exposure(0o100400, read_only=False) == ("", "")

    @pytest.mark.parametrize(
        "content,said",
        [(None, "No such file or directory"), (b"\n", "it is empty"), (b"\xff", "")],
    )
    def test_needs_a_readable_file(self, tmp_path, content, said):
        path = tmp_path / "secret"
        if content is not None:
            path.write_bytes(content)
            path.chmod(0o600)

        (line,) = problems(SALESFORCE_CLIENT_SECRET_FILE=str(path))

        assert said in line

    def test_is_not_given_twice(self, tmp_path):
        told = problems(
            SALESFORCE_CLIENT_SECRET="a", SALESFORCE_CLIENT_SECRET_FILE=str(tmp_path / "b")
        )

        assert told == [
            (
                "CONNECTOR_SALESFORCE_CLIENT_SECRET and CONNECTOR_SALESFORCE_CLIENT_SECRET_FILE"
                " are both set: keep one"
            )
        ]

    def test_is_never_shown(self):
        settings = read(
            SALESFORCE_CLIENT_SECRET="s3cret",
            GATEWAY_TWILIO_AUTH_TOKEN="s3cret",
            DATABASE_URL="postgresql://app:s3cret@db.example.org/connector?password=s3cret",
        )

        found = gateway_secrets(settings.gateways, KEYS)

        assert "s3cret" not in f"{settings} {settings!r} {settings.shown()} {found} {found!r}"
        assert "s3cret" not in f"{settings.salesforce_client_secret}"

    def test_is_not_in_the_message_about_it(self):
        (line,) = problems(SALESFORCE_PRIVATE_KEY="s3cret")

        assert "s3cret" not in line

    def test_is_known_to_whoever_must_mask_it(self):
        settings = read(
            SALESFORCE_CLIENT_SECRET="one",
            GATEWAY_KANNEL_TOKEN="two",
            DATABASE_URL="postgresql://app:thr%40ee@db.example.org/connector",
        )

        assert {"one", "two", "thr%40ee", "thr@ee"} <= set(settings.secrets)

    def test_a_private_key_may_hold_escaped_line_breaks(self):
        assert read(SALESFORCE_PRIVATE_KEY=KEY.replace("\n", "\\n")) == read(
            SALESFORCE_PRIVATE_KEY=KEY
        )
        assert read(SALESFORCE_PRIVATE_KEY=KEY).salesforce_private_key.value == KEY


class TestStoreUrl:
    def test_is_a_folder_by_default(self, tmp_path):
        assert read(DATA_FOLDER=str(tmp_path)).store_url == f"sqlite:///{tmp_path}"

    def test_is_the_database_that_was_set(self):
        settings = read(DATABASE_URL="postgres://app:x@db.example.org:5432/connector")

        assert settings.store_url == "postgresql://app:x@db.example.org:5432/connector"
        assert (
            str(settings.database_url) == "postgresql://app:***@db.example.org:5432/connector"
        )

    @pytest.mark.parametrize("text", ["mysql://db/x", "sqlite:///x.db", "postgresql://db", "x"])
    def test_is_no_other_database(self, text):
        assert len(problems(DATABASE_URL=text)) == 1


class TestSalesforce:
    def test_needs_one_way_to_log_in(self):
        with pytest.raises(ConfigurationError) as caught:
            read(SALESFORCE_CLIENT_ID="app").require_salesforce()

        assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
            "set CONNECTOR_SALESFORCE_LOGIN_URL",
            "set CONNECTOR_SALESFORCE_USERNAME",
            "set CONNECTOR_SALESFORCE_PRIVATE_KEY",
        ]

    def test_is_content_with_a_client_secret(self):
        settings = read(
            SALESFORCE_LOGIN_URL="https://example.my.salesforce.com",
            SALESFORCE_CLIENT_ID="app",
            SALESFORCE_CLIENT_SECRET="x",
        )

        settings.require_salesforce()

    def test_does_not_guess_between_two(self):
        (line,) = problems(SALESFORCE_CLIENT_SECRET="x", SALESFORCE_PRIVATE_KEY=KEY)

        assert "keep one" in line


class TestGatewaySecrets:
    def test_belong_to_their_gateway(self):
        assert secrets(GATEWAY_TWILIO_AUTH_TOKEN="a", GATEWAY_KANNEL_TOKEN="b") == {
            ("twilio", ""): {"auth_token": ("a",)},
            ("kannel", ""): {"token": ("b",)},
        }

    def test_two_live_at_once(self):
        found = secrets(
            GATEWAY_TWILIO_AUTH_TOKEN_PREVIOUS="old", GATEWAY_TWILIO_AUTH_TOKEN="new"
        )

        assert found == {("twilio", ""): {"auth_token": ("new", "old")}}

    def test_an_account_has_its_own(self):
        found = secrets(
            GATEWAY_TWILIO__EU_WEST_AUTH_TOKEN="a",
            GATEWAY_TWILIO__EU_WEST_TOKEN_PREVIOUS="c",
            GATEWAY_TWILIO__EU_WEST_TOKEN="b",
        )

        assert found == {
            ("twilio", account_key("eu-west")): {"auth_token": ("a",), "token": ("b", "c")}
        }

    def test_the_longest_gateway_name_wins(self):
        assert secrets(GATEWAY_KANNEL_PLUS_TOKEN="a") == {
            ("kannel_plus", ""): {"token": ("a",)}
        }

    def test_come_from_files_too(self, tmp_path):
        path = tmp_path / "secret"
        path.write_text("a\n")
        path.chmod(0o600)

        assert secrets(GATEWAY_KANNEL_TOKEN_FILE=str(path)) == {
            ("kannel", ""): {"token": ("a",)}
        }

    @pytest.mark.parametrize(
        "name,hint",
        [
            ("TWILO_AUTH_TOKEN", "did you mean CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN?"),
            ("TWILIO_COLOUR", "twilio takes AUTH_TOKEN, TOKEN"),
            ("SMOKE_SIGNAL", "the gateways are kannel, kannel_plus, twilio"),
        ],
    )
    def test_an_unknown_one_is_told(self, name, hint):
        with pytest.raises(ConfigurationError) as caught:
            secrets(**{f"GATEWAY_{name}": "a"})

        assert str(caught.value) == f"unknown setting CONNECTOR_GATEWAY_{name}; {hint}"

    def test_know_their_variables(self):
        assert secret_name("twilio", "", "auth_token") == TWILIO_KEY
        assert secret_name("twilio", "eu_west", "token") == (
            "CONNECTOR_GATEWAY_TWILIO__EU_WEST_TOKEN"
        )

    def test_a_previous_one_needs_a_current_one(self):
        with pytest.raises(ConfigurationError, match=f"{TWILIO_KEY} is not"):
            secrets(GATEWAY_TWILIO_AUTH_TOKEN_PREVIOUS="old")


class TestGatewayOptions:
    def test_belong_to_an_account(self):
        settings = read(
            GATEWAY_KANNEL_REGION="GB",
            GATEWAY_TWILIO__EU_WEST_REGION="FI",
            GATEWAY_KANNEL_PLUS_ADDRESSES="192.0.2.0/24, 2001:db8::1",
            GATEWAY_TWILIO_ADDRESSES="",
            TRUSTED_PROXIES="127.0.0.1",
        )

        assert gateway_option(REGION, settings.gateway_regions, KEYS) == {
            ("kannel", ""): "GB",
            ("twilio", "eu_west"): "FI",
        }
        assert gateway_option(ADDRESSES, settings.gateway_addresses, KEYS) == {
            ("kannel_plus", ""): Networks.read("192.0.2.0/24,2001:db8::1/128")
        }
        assert settings.gateways == {}

    def test_are_no_secrets(self):
        settings = read(GATEWAY_KANNEL_REGION="GB", GATEWAY_KANNEL_ADDRESSES="127.0.0.1")

        shown = {each.name: each.value for each in settings.shown()}
        assert shown["CONNECTOR_GATEWAY_KANNEL_REGION"] == "GB"
        assert shown["CONNECTOR_GATEWAY_KANNEL_ADDRESSES"] == "127.0.0.1/32"
        assert settings.secrets == []
        assert problems(GATEWAY_KANNEL_REGION_FILE="/run/region") == [
            "unknown setting CONNECTOR_GATEWAY_KANNEL_REGION_FILE"
        ]

    def test_are_checked_with_everything_else(self):
        told = problems(
            GATEWAY_KANNEL_REGION="gb", GATEWAY_X_ADDRESSES="10.0.0.1/8", TRUSTED_PROXIES="lb"
        )

        assert [line.partition(" must be ")[0] for line in told] == [
            "CONNECTOR_TRUSTED_PROXIES",
            "CONNECTOR_GATEWAY_KANNEL_REGION",
            "CONNECTOR_GATEWAY_X_ADDRESSES",
        ]
        assert told[2].endswith(
            "must be IP networks such as 192.0.2.0/24, 2001:db8::/32,"
            " with commas between them, not '10.0.0.1/8'"
        )

    def test_of_no_gateway_are_told(self):
        with pytest.raises(ConfigurationError) as caught:
            gateway_option(REGION, {"TWILO_REGION": "GB", "_REGION": "GB"}, KEYS)

        assert "did you mean CONNECTOR_GATEWAY_TWILIO_REGION?" in str(caught.value)
        assert len(str(caught.value).splitlines()) == 2

    def test_addresses_behind_a_proxy_on_this_machine_need_to_know_it(self):
        (line,) = problems(GATEWAY_KANNEL_ADDRESSES="192.0.2.0/24")

        assert "set CONNECTOR_TRUSTED_PROXIES" in line
        assert read(GATEWAY_KANNEL_ADDRESSES="192.0.2.0/24", LISTEN="0.0.0.0:8080")
        assert read(GATEWAY_KANNEL_ADDRESSES="192.0.2.0/24", TRUSTED_PROXIES="127.0.0.1")
        assert read(GATEWAY_KANNEL_ADDRESSES="127.0.0.0/8")


class TestNetworks:
    def test_hold_addresses_of_both_kinds(self):
        networks = Networks.read("192.0.2.0/24, 2001:db8::/32")

        assert ipaddress.ip_address("192.0.2.255") in networks
        assert ipaddress.ip_address("2001:db8:ffff::") in networks
        assert ipaddress.ip_address("192.0.3.0") not in networks
        assert str(networks) == "192.0.2.0/24, 2001:db8::/32"

    @pytest.mark.parametrize(
        "text", [",", "192.0.2.0/24,", "x", "192.0.2.0/33", "192.0.2.1/24"]
    )
    def test_are_refused_when_any_is_wrong(self, text):
        with pytest.raises(ValueError, match=r"IPv4 or IPv6 network|host bits"):
            Networks.read(text)


class TestShown:
    def test_tells_where_each_value_comes_from(self):
        shown = {each.name: each for each in read(LISTEN="127.0.0.1:1").shown()}

        assert (shown["CONNECTOR_LISTEN"].value, shown["CONNECTOR_LISTEN"].source) == (
            "127.0.0.1:1",
            "environment",
        )
        assert shown["CONNECTOR_LOG_LEVEL"].source == "default"
        assert set(shown) == {each.name for each in declared()}

    def test_lists_gateway_secrets_masked(self):
        (row,) = (each for each in read(GATEWAY_X_Y="a").shown() if "GATEWAY" in each.name)

        assert (row.name, row.value) == ("CONNECTOR_GATEWAY_X_Y", str(Secret("a")))


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0", "10.0.0.1, 0.0.0.0/0"])
def test_not_everybody_can_be_a_proxy_of_ours(everybody):
    with pytest.raises(ConfigurationError, match="is everybody"):
        Settings.from_environment({"CONNECTOR_TRUSTED_PROXIES": everybody})

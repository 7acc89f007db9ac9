"""`connector erase`: asks, erases, and gives a certificate without the number."""

import json

import pytest

from connector.domain.directory import DirectoryEntry
from connector.domain.errors import ConfigurationError
from connector.domain.records import RecordRef
from connector.pipeline.directory import keep_entries
from connector.pipeline.phone_reader import PhoneReader
from tests.support.callbacks import dlr, reply
from tests.support.events import ALEX, MOBILE, NOON


@pytest.fixture
def kept(store):
    store.inbox.keep([dlr(1), reply("Stop")])
    entry = DirectoryEntry(
        record=RecordRef("Contact", ALEX), phones={"MobilePhone": MOBILE}, modified_at=NOON
    )
    with store.transaction() as t:
        keep_entries(t, [entry], PhoneReader())
    return store


@pytest.mark.usefixtures("kept")
class TestErase:
    def test_a_script_has_to_say_yes(self, operate):
        answer = operate("erase", MOBILE)

        assert isinstance(answer.exception, ConfigurationError)
        assert "say --yes" in str(answer.exception)
        assert f"Contact {ALEX}" in answer.stderr
        assert operate("explain", MOBILE).exit_code == 0

    def test_says_what_is_gone_and_what_stays(self, operate, tmp_path):
        path = tmp_path / "certificate.json"

        answer = operate("erase", MOBILE, "--yes", "--certificate", path)

        words = " ".join(answer.stdout.split())
        assert answer.exit_code == 0
        assert words.startswith("erased 2 callbacks")
        assert "it is opted out, and stays so" in words
        assert "Backups made before may hold the number until" in words
        assert max(map(len, answer.stdout.splitlines()[:-1])) <= 80
        facts = json.loads(path.read_text())
        assert facts["removed"]["callbacks"] == 2
        assert MOBILE[-9:] not in path.read_text()
        assert operate("consent", "check", MOBILE).exit_code == 1
        assert "is kept under a name" in operate("consent", "show", MOBILE).stdout

    def test_prints_json(self, operate):
        told = json.loads(operate("erase", MOBILE, "--yes", "--json").stdout)

        assert (told["opted_out"], told["version"]) == (True, 1)

    def test_keeps_the_certificate_of_before(self, operate, tmp_path):
        path = tmp_path / "certificate.json"
        path.write_text("mine")

        answer = operate("erase", MOBILE, "--yes", "--certificate", path)

        assert isinstance(answer.exception, ConfigurationError)
        assert path.read_text() == "mine"


@pytest.mark.usefixtures("kept")
class TestAgain:
    """An older backup has brought back who was erased."""

    @pytest.mark.parametrize("proof", ["certificate", "audit"])
    def test_erases_whom_the_file_names(self, operate, store, tmp_path, proof):
        path = tmp_path / "proof"
        operate("erase", MOBILE, "--yes", "--certificate", path)
        if proof == "audit":
            path.unlink()
            operate("audit", "export", path)
        entry = DirectoryEntry(
            record=RecordRef("Contact", ALEX), phones={"MobilePhone": MOBILE}, modified_at=NOON
        )
        with store.transaction() as t:
            keep_entries(t, [entry], PhoneReader())

        answer = operate("erase", "--again", path)

        assert answer.stdout == "1 named, 1 of them were here again, 1 erased\n"
        assert MOBILE not in list(store.erasure().numbers())
        assert operate("consent", "check", MOBILE).exit_code == 1

    def test_leaves_the_others_alone(self, operate, store, tmp_path):
        path = tmp_path / "proof"
        operate("erase", "+447700900999", "--yes", "--certificate", path)

        told = json.loads(operate("erase", "--again", path, "--json").stdout)

        assert told == {"named": 1, "found": 0, "erased": 0}
        assert MOBILE in list(store.erasure().numbers())

    @pytest.mark.parametrize("content", ["", "x", "{}", '{"action": "other"}', "[1]"])
    def test_wants_a_file_that_names_somebody(self, operate, tmp_path, content):
        path = tmp_path / "proof"
        path.write_text(content)

        answer = operate("erase", "--again", path)

        assert isinstance(answer.exception, ConfigurationError)
        assert str(path) in str(answer.exception)

    @pytest.mark.parametrize("words", [(), (MOBILE, "--again", "x")])
    def test_wants_a_number_or_a_file(self, operate, words):
        assert isinstance(operate("erase", *words).exception, ConfigurationError)


@pytest.mark.parametrize("text", ["12", "Company", "%", "' OR 1=1"])
def test_wants_a_number(operate, text):
    answer = operate("erase", text, "--yes")

    assert isinstance(answer.exception, ConfigurationError)
    assert "is no phone number" in str(answer.exception)

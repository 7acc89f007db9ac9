"""The image: what its file says, what its steps make, and how that runs without any rights."""

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from connector.settings import declared
from tests.deploy import dockerfile
from tests.deploy.confined import USER, running
from tests.deploy.dockerfile import ROOT, stages
from tests.support.serving import free_port


LOCK, TOOLS = ROOT / "deploy" / "requirements.lock", ROOT / "deploy" / "build.lock"
_PINNED = re.compile(
    r"^(?P<name>[a-z0-9.-]+)==(?P<version>\S+)[^\n]*"
    r"(?:\n    --hash=sha256:[0-9a-f]{64}[^\n]*)+$",
    re.MULTILINE,
)


def pinned(path):
    """The version of each package in a lock file."""
    text = path.read_text("utf-8")
    found = {each["name"]: each["version"] for each in _PINNED.finditer(text)}
    assert len(found) == len(re.findall(r"^\S+==", text, re.MULTILINE)), "each has its hashes"
    return found


class TestFile:
    def test_the_linter_has_nothing_to_say(self):
        hadolint = Path(sys.executable).with_name("hadolint")

        told = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, check=False)

        assert (told.returncode, told.stdout.decode()) == (0, "")

    def test_what_runs_has_a_number_for_a_user(self):
        [user] = [each.text for each in stages()[-1] if each.word == "USER"]

        assert user == f"{USER}:{USER}"

    def test_what_is_run_is_run_without_a_shell(self):
        last = {each.word: each for each in stages()[-1]}

        assert last["ENTRYPOINT"].words == ["connector"]
        assert last["CMD"].words == ["run"]
        _, _, check = last["HEALTHCHECK"].text.partition("CMD ")
        assert json.loads(check) == ["connector", "health"]
        assert last["STOPSIGNAL"].text == "SIGTERM"

    def test_it_says_what_it_is(self):
        [labels] = [each.pairs() for each in stages()[-1] if each.word == "LABEL"]

        wanted = {"title", "description", "licenses", "version", "revision"}
        assert {f"org.opencontainers.image.{each}" for each in wanted} == set(labels)
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert labels["org.opencontainers.image.licenses"] == project["license"]
        [version] = [
            each.text
            for each in stages()[-1]
            if each.word == "ARG" and each.text.startswith("VERSION=")
        ]
        assert version == f"VERSION={project['version']}"

    def test_its_settings_exist_and_none_is_a_secret(self):
        known = {each.name: each for each in declared()}
        [variables] = [each.pairs() for each in stages()[-1] if each.word == "ENV"]

        ours = {name for name in variables if name.startswith("CONNECTOR_")}

        assert ours <= set(known)
        assert not [name for name in ours if known[name].kind.secret]

    def test_only_what_is_named_gets_into_it(self):
        first = (ROOT / ".dockerignore").read_text().splitlines()

        assert next(line for line in first if line and line[0] != "#") == "*"
        for each in [instruction for stage in stages() for instruction in stage]:
            assert each.word != "ADD"
            assert not (each.word == "COPY" and each.text.split()[0] in {".", "./"})

    def test_every_package_is_held_by_its_hash(self):
        installs = [each.text for each in stages()[0] if "install -r" in each.text]

        for text in installs:
            assert "--require-hashes" in text
            assert "--only-binary :all:" in text


class TestLock:
    def test_it_satisfies_what_the_project_asks_for(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        found = pinned(LOCK)

        for each in map(Requirement, project["dependencies"]):
            name = canonicalize_name(each.name)
            assert name in found, f"{name}: write deploy/requirements.lock anew"
            assert each.specifier.contains(found[name]), f"{each}, locked {found[name]}"

    def test_parts_asked_for_by_name_are_in_it(self):
        assert {"uvloop", "psycopg-binary"} <= set(pinned(LOCK))

    def test_tools_are_held_as_well(self):
        assert {"hatchling", "cyclonedx-bom"} <= set(pinned(TOOLS))

    @pytest.mark.parametrize("path", [LOCK, TOOLS], ids=lambda path: path.name)
    def test_no_host_is_named(self, path):
        assert not re.search(r"https?://|--(extra-)?index|--find-links", path.read_text())


@pytest.fixture(scope="module")
def image():
    """What the build stage makes; where a user without rights may read it."""
    place = Path(tempfile.mkdtemp(prefix="connector-image-", dir="/var/tmp"))
    place.chmod(0o755)
    dockerfile.build(place)
    yield place
    shutil.rmtree(place)


class TestSteps:
    def test_the_wheel_holds_no_tests(self, image):
        [wheel] = (image / "dist").glob("*.whl")

        tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

        assert {each for each in tops if not each.endswith(".dist-info")} == {"connector"}

    def test_the_list_of_parts_names_what_is_locked(self, image):
        told = json.loads((image / "opt/connector/sbom.cdx.json").read_text())

        parts = {
            canonicalize_name(each["name"]): each["version"] for each in told["components"]
        }
        assert told["bomFormat"] == "CycloneDX"
        assert told["metadata"]["component"]["name"] == "connector"
        others = {name: parts[name] for name in parts if name != "connector"}
        assert others.items() <= pinned(LOCK).items()
        assert {"flask", "granian", "sqlalchemy", "simple-salesforce"} <= set(others)

    def test_nothing_that_installs_or_compiles_is_left(self, image):
        programs = {path.name for path in (image / "opt/connector/bin").iterdir()}

        assert "connector" in programs
        assert not {"pip", "pip3", "hatchling", "cyclonedx-py"} & programs


class TestWithoutRights:
    @pytest.fixture
    def rooms(self, image):
        """The two folders that may be written: the data, and the one for temporary files."""
        made = [image / "data", image / "tmp"]
        for folder in made:
            folder.mkdir(mode=0o700)
            shutil.chown(folder, USER, USER)
        yield made
        for folder in made:
            shutil.rmtree(folder)

    @pytest.fixture
    def environment(self, rooms):
        [image_settings] = [each.pairs() for each in stages()[-1] if each.word == "ENV"]
        ours = {n: v for n, v in image_settings.items() if n.startswith("CONNECTOR_")}
        return {
            **ours,
            "CONNECTOR_DATA_FOLDER": str(rooms[0]),
            "CONNECTOR_HEARTBEAT_FILE": str(rooms[1] / "connector-worker"),
            "CONNECTOR_LISTEN": f"127.0.0.1:{free_port()}",
            "CONNECTOR_PUBLIC_URL": "https://sms.example.org",
            "CONNECTOR_GATEWAY_KANNEL_TOKEN": "s3cret",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(rooms[1]),
        }

    def test_it_serves_is_well_and_ends(self, image, rooms, environment):
        program = str(image / "opt/connector/bin/connector")

        with running([program, "web"], rooms, environment) as web:
            wait_until_well(program, rooms, environment)
            status = Path(f"/proc/{web.pid}/status").read_text()
            web.send_signal(signal.SIGTERM)
            output, _ = web.communicate(timeout=30)

        assert web.returncode == 0, output
        told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert set(told["Uid"].split()) == {str(USER)}
        assert int(told["CapEff"], 16) == int(told["CapBnd"], 16) == 0
        assert told["NoNewPrivs"] == "1"
        assert [path.name for path in rooms[1].iterdir()] == []

    def test_it_cannot_write_elsewhere(self, image, rooms, environment):
        elsewhere = {**environment, "CONNECTOR_DATA_FOLDER": str(image / "elsewhere")}
        program = str(image / "opt/connector/bin/connector")

        with running([program, "web"], rooms, elsewhere) as web:
            output, _ = web.communicate(timeout=30)

        assert web.returncode == 2
        assert "Read-only file system" in output


def wait_until_well(program, rooms, environment):
    """As Docker does: `connector health`, again and again."""
    for _ in range(100):
        with running([program, "health"], rooms, environment) as health:
            health.communicate(timeout=30)
        if health.returncode == 0:
            return
        threading.Event().wait(0.1)
    raise AssertionError("never well")

"""The wheel: all that the service needs travels in it."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import connector


REPOSITORY = Path(connector.__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the source archive, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", folder],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """A folder with the wheel's content, as an installer would lay it out."""
    folder = tmp_path_factory.mktemp("site")
    (wheel,) = built.glob("*.whl")
    shutil.unpack_archive(wheel, folder, "zip")
    return folder


def run(installed, *arguments, **variables):
    """Run the installed connector from a folder that is not the repository."""
    answer = subprocess.run(
        [sys.executable, "-m", "connector", *arguments],
        cwd=installed.parent,
        env={"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == ""
    return answer.stdout


def test_every_file_of_the_package_is_in_the_wheel(installed):
    package = REPOSITORY / "connector"
    ours = {
        path.relative_to(package)
        for path in package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    missing = [path for path in ours if not (installed / "connector" / path).is_file()]

    assert missing == []


def test_the_mappings_are_in_the_wheel(installed):
    ours = yaml_files(REPOSITORY / "mappings")

    assert yaml_files(installed / "connector" / "mappings") == ours
    assert ours >= {"contact.yaml", "lead.yaml", "optional/sms_message.yaml"}


def test_nothing_else_is_in_the_wheel(installed):
    assert {path.name.split("-")[0] for path in installed.iterdir()} == {"connector"}


def test_it_tells_its_version(installed):
    assert run(installed, "--version") == f"connector {metadata_version(installed)}\n"


def test_it_finds_its_mappings_and_makes_its_store(installed, tmp_path):
    answer = run(
        installed, "config", "check", "--json", CONNECTOR_DATA_FOLDER=str(tmp_path / "data")
    )

    reports = {report["check"]: report for report in json.loads(answer)}
    assert reports["mappings"]["problems"] == []
    assert reports["store"]["problems"] == []
    assert (tmp_path / "data").is_dir()


def test_the_source_archive_can_build_the_wheel(built, tmp_path):
    (archive,) = built.glob("*.tar.gz")
    shutil.unpack_archive(archive, tmp_path, filter="data")
    (source,) = tmp_path.iterdir()

    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel"],
        cwd=source,
        check=True,
        capture_output=True,
    )

    (again,) = (source / "dist").glob("*.whl")
    (wheel,) = built.glob("*.whl")
    assert names(again) == names(wheel)


def yaml_files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*.yaml")}


def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata_version(installed):
    (folder,) = installed.glob("connector-*.dist-info")
    return folder.name.removeprefix("connector-").removesuffix(".dist-info")

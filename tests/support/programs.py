"""Programs that a test needs and pip does not bring."""

import os
import shutil
from typing import NoReturn

import pytest


#: Where Debian puts daemons; not on everybody's path.
_DAEMONS = "/usr/local/sbin:/usr/sbin"


def program(name: str, how_to_get_it: str) -> str:
    """Where it lies; under CI it is an error not to have it, elsewhere the test is skipped."""
    path = os.environ.get("PATH", os.defpath)
    found = shutil.which(name, path=f"{path}:{_DAEMONS}")
    if found is None:
        lacking(how_to_get_it)
    return found


def lacking(what: str) -> NoReturn:
    """Under CI it is an error that something is not there, elsewhere the test is skipped."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)

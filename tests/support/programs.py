"""Programs that a test needs and pip does not bring."""

import os
import shutil

import pytest


#: Where Debian puts daemons; not on everybody's path.
_DAEMONS = "/usr/local/sbin:/usr/sbin"


def program(name: str, how_to_get_it: str) -> str:
    """Where it lies; under CI it is an error not to have it, elsewhere the test is skipped."""
    path = os.environ.get("PATH", os.defpath)
    found = shutil.which(name, path=f"{path}:{_DAEMONS}")
    if found is None and os.environ.get("CI"):
        pytest.fail(how_to_get_it)
    if found is None:
        pytest.skip(how_to_get_it)
    return found

"""The mappings of docs/mappings.md: each is right; tests/pipeline tries the longer ones."""

import re
from pathlib import Path

import pytest

from connector import mapping


PAGE = Path(__file__).parents[2] / "docs" / "mappings.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_a_mapping_without_mistakes(text, tmp_path):
    path = tmp_path / "example.yaml"
    path.write_text(text)

    assert mapping.load(path).fields


@pytest.mark.parametrize("key", ["object", "phones", "holders", "message", "fields"])
def test_every_key_is_told(key):
    assert f"| `{key}` |" in PAGE.read_text("utf-8")


@pytest.mark.parametrize("key", ["key", "value", "create", "gateways", "person"])
def test_every_key_of_a_message_is_told(key):
    assert f"| `{key}` |" in PAGE.read_text("utf-8")

"""Erases once more whom certificates name: an older backup has brought them back."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from connector import gateways
from connector.cli.acting import os_user
from connector.cli.opening import opened
from connector.cli.printing import print_json
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.pipeline.erasure import come_back, erase
from connector.settings import Settings
from connector.wiring.local import phone_reader, read_mappings


def erase_named(settings: Settings, files: Sequence[Path], *, as_json: bool) -> None:
    """Everybody whom these files name and who is known here by number; asks nobody."""
    names = set(_names(files))
    read_phone, mappings = phone_reader(settings), read_mappings(settings)
    with opened(settings) as store:
        found = [
            erase(
                store,
                gateways.installed(),
                read_phone,
                system_clock,
                phone,
                actor=os_user(),
                mappings=mappings,
            )
            for phone in come_back(store, names)
        ]
    done = sum(each.done for each in found)
    if as_json:
        print_json({"named": len(names), "found": len(found), "erased": done})
    else:
        click.echo(f"{len(names)} named, {len(found)} of them were here again, {done} erased")
    if done < len(found):
        sys.exit(1)


def _names(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        try:
            text = file.read_text("utf-8")
            told = [json.loads(text)] if text.startswith("{\n") else _lines(text)
            found = [name for each in told if (name := _name(each))]
        except (OSError, ValueError, AttributeError) as error:
            raise ConfigurationError(
                f"{file}: is no certificate and no export of the audit"
            ) from error
        if not found:
            raise ConfigurationError(f"{file}: nobody was erased by what it says")
        yield from found


def _lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def _name(told: dict[str, object]) -> str:
    """Of a certificate, or of an entry of the audit that tells of an erasure."""
    if told.get("action") == "erase":
        return str(told.get("subject", ""))
    return str(told.get("name", "")) if "removed" in told else ""

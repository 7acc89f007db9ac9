"""Reads the CONNECTOR_ variables, and notes every problem rather than the first."""

import dataclasses
import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from connector.domain.errors import ConfigurationError
from connector.settings.declaration import (
    ADDRESSES,
    GATEWAY_PREFIX,
    PREFIX,
    REGION,
    Declaration,
    Option,
)
from connector.settings.secret import Secret, exposure


T = TypeVar("T")

FILE_SUFFIX = "_FILE"
#: Where some values of an account are secrets and others are not.
_SECRET_WORDS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
_NOT_OURS = (f"{PREFIX}TEST_",)
#: prometheus_client looks for it when it is loaded (client_python, "Multiprocess Mode").
_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
#: Where and how often a service manager wants to hear of a process: sd_notify(3),
#: sd_watchdog_enabled(3).
_NOTIFY, _WATCHDOG, _WATCHED = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_QUOTED = re.compile(r"""(["'])(.*)\1""")


def without_settings() -> dict[str, str]:
    """The variables of this process but ours: for a child that is told its settings anew."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def share_metrics_in(folder: str) -> None:
    """Have this process and its children keep their counts here, where all can add them up."""
    os.environ[_METRICS_FOLDER] = folder


def shared_metrics_folder() -> str:
    """Where this process keeps its counts; empty where it keeps them to itself."""
    return os.environ.get(_METRICS_FOLDER, "")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """Where to tell how this process is, and after how much silence it counts as hanging."""

    address: str
    watchdog_seconds: float


def take_supervision() -> Supervision:
    """Who wants to hear from this process; its children are not meant, and not told."""
    address = os.environ.pop(_NOTIFY, "")
    microseconds = os.environ.pop(_WATCHDOG, "")
    watched = os.environ.pop(_WATCHED, "") or str(os.getpid())
    is_watched = microseconds.isdecimal() and watched == str(os.getpid())
    return Supervision(
        address=address, watchdog_seconds=int(microseconds) / 1e6 if is_watched else 0.0
    )


def supervised(address: str, watchdog_seconds: float) -> dict[str, str]:
    """The variables of this process for a child that is to tell us how it is."""
    return os.environ | {_NOTIFY: address, _WATCHDOG: str(int(watchdog_seconds * 1e6))}


def supervise_forks(address: str, watchdog_seconds: float) -> None:
    """The same for the processes that are forks of this one."""
    os.environ.update(supervised(address, watchdog_seconds))


def with_file(path: Path, *, instead_of: str) -> dict[str, str]:
    """
    The variables of this process, those that begin with `instead_of` taken from a file.

    The file has a NAME=value a line, as the shell, systemd and docker read it. Raises
    ConfigurationError for a file that cannot be read or has any other line.
    """
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(instead_of)
    }
    return kept | _read_lines(path)


def _read_lines(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8 text") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ConfigurationError(f"{path}:{number}: must be NAME=value")
        value = match[2].strip()
        quoted = _QUOTED.fullmatch(value)
        found[match[1]] = quoted[2] if quoted else value
    return found


def _partly_secret(name: str, value: str) -> Secret:
    """A value that may be shown, unless its name or what is in the address says otherwise."""
    hidden = name.endswith(_SECRET_WORDS) or "@" in value or "?" in value
    return Secret(value) if hidden else Secret(value, shown=value)


class Environment:
    """The variables of a process: what was taken, from where, and what is wrong with them."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        variables = os.environ if variables is None else variables
        self._variables = {
            name: value
            for name, value in variables.items()
            if name.startswith(PREFIX) and not name.startswith(_NOT_OURS)
        }
        self._known: set[str] = set()
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self.sources: dict[str, str] = {}

    def take(self, declaration: Declaration) -> Any:  # noqa: ANN401, the kind says the type
        """The value of a setting, or its default."""
        name, kind = declaration.name, declaration.kind
        text = self._secret(name) if kind.secret else self._plain(name).strip()
        if not text:
            return kind.read(declaration.default)
        try:
            return kind.read(text)
        except ValueError:
            given = "" if kind.secret else f", not {text!r}"
            self.problems.append(f"{name} must be {kind.words}{given}")
            return kind.read(declaration.default)

    def take_gateway_secrets(self) -> dict[str, Secret]:
        """The variables under CONNECTOR_GATEWAY_, by what follows; files read."""
        names = {
            name.removesuffix(FILE_SUFFIX)
            for name in self._variables
            if name.startswith(GATEWAY_PREFIX)
        }
        names = {name for name in names if not (REGION.names(name) or ADDRESSES.names(name))}
        found = {
            name.removeprefix(GATEWAY_PREFIX): Secret(self._secret(name))
            for name in sorted(names)
        }
        return {name: secret for name, secret in found.items() if secret}

    def take_accounts(self, prefix: str) -> dict[str, Secret]:
        """The variables under a prefix that nothing else took, by what follows; files read."""
        names = {
            name.removesuffix(FILE_SUFFIX)
            for name in set(self._variables) - self._known
            if name.startswith(prefix)
        }
        found = {
            name.removeprefix(prefix): _partly_secret(name, self._secret(name))
            for name in sorted(names)
        }
        return {name: secret for name, secret in found.items() if secret}

    def take_gateway_options(self, option: Option[T]) -> dict[str, T]:
        """The values of an option under CONNECTOR_GATEWAY_, by what follows."""
        names = sorted(filter(option.names, self._variables))
        found = {
            name.removeprefix(GATEWAY_PREFIX): self.take(option.declaration(name))
            for name in names
        }
        return {name: value for name, value in found.items() if value}

    def refuse_unknown(self) -> None:
        """Note the variables that nobody took: a misspelt setting must not go unnoticed."""
        known = [name.removeprefix(PREFIX) for name in self._known]
        for name in sorted(set(self._variables) - self._known):
            near = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1)
            hint = f"; did you mean {PREFIX}{near[0]}?" if near else ""
            self.problems.append(f"unknown setting {name}{hint}")

    def _plain(self, name: str) -> str:
        self._known.add(name)
        value = self._variables.get(name, "")
        if value.strip():
            self.sources[name] = "environment"
        return value

    def _secret(self, name: str) -> str:
        plain, path = self._plain(name), self._plain(name + FILE_SUFFIX).strip()
        if plain.strip() and path:
            self.problems.append(f"{name} and {name}{FILE_SUFFIX} are both set: keep one")
            return ""
        if not path:
            return plain.strip()
        self.sources[name] = f"file {path}"
        return self._file(name + FILE_SUFFIX, Path(path))

    def _file(self, name: str, path: Path) -> str:
        try:
            text = path.read_text("utf-8").strip()
            read_only = bool(os.statvfs(path).f_flag & os.ST_RDONLY)
            problem, warning = exposure(path.stat().st_mode, read_only=read_only)
        except OSError as error:
            problem, warning, text = str(error.strerror), "", ""
        except UnicodeDecodeError:
            problem, warning, text = "not UTF-8 text", "", ""
        else:
            problem = problem or ("" if text else "it is empty")
        if problem:
            self.problems.append(f"{name}: {path}: {problem}")
        if warning:
            self.warnings.append(f"{name}: {path}: {warning}")
        return text

"""Play a campaign through the real service against an emulated org, and show what arrived."""

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from connector import mapping
from connector.cli.demo_view import Screen
from connector.clock import system_clock
from connector.demo.people import gather
from connector.demo.play import Outcome, Play, service_settings
from connector.demo.service import Service, free_port, running
from connector.demo.stage import set_up
from connector.domain.errors import ConfigurationError
from connector.gateways.imitation import imitated
from connector.store import Store


_STOPPED = 130  # what shells say of a program that Ctrl-C ended
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_SECONDS = 0.5


@click.command()
@click.option("--once", is_flag=True, help="End by itself; exit 1 if a field is not right.")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Keep everything here, in a new folder."
)
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=0, help="Of the service; else a free one."
)
@click.option(
    "--mappings", type=click.Path(path_type=Path), help="Play with these mapping files."
)
@click.option("--seed", default=1, show_default=True, help="For another order of callbacks.")
def demo(
    *, once: bool, folder: Path | None, port: int, mappings: Path | None, seed: int
) -> None:
    r"""
    Play a campaign against an emulated Salesforce org.

    Starts an org that behaves like Salesforce and this service, both on this machine only.
    Then imitated gateways send signed callbacks to it: late, twice, shuffled and forged ones,
    failures, STOP and START. Shows what arrived in Salesforce and whether it is right, then
    stays until Ctrl-C so that you can look around; without a terminal it ends by itself.

    \b
    Example:
      connector demo --once
    """
    if mappings:
        mapping.load_all(mappings)
    stays = not once and sys.stdin.isatty() and sys.stdout.isatty()
    screen, outcome = Screen(), None
    if not stays and not once:
        click.echo("Not on a terminal: ends by itself, as with --once.")
    try:
        with ExitStack() as stack:
            stack.enter_context(_interruptible())
            home = stack.enter_context(_home(folder))
            play = _started(stack, screen, home, port, mappings, seed)
            stack.callback(screen.say_goodbye)
            outcome = play.perform()
            screen.show(play, outcome)
            if stays:
                screen.invite(play, home)
                _stay(play.service)
    except KeyboardInterrupt:
        if outcome is None:
            click.echo("Stopped.", err=True)
            sys.exit(_STOPPED)
    finally:
        screen.close()
    if folder:
        screen.part(play, home)
    sys.exit(_code(outcome))


def _started(
    stack: ExitStack, screen: Screen, home: Path, port: int, mappings: Path | None, seed: int
) -> Play:
    """Everything up and ready; it ends with the stack, the last one first."""
    imitations, port = imitated(), free_port(port)
    screen.tell("starting", 0, 3)
    stage = stack.enter_context(set_up(home / "org", system_clock))
    cast = gather(stage.org)
    screen.tell("starting", 1, 3)
    settings = service_settings(stage, imitations, mappings)
    service = stack.enter_context(running(home, port, settings))
    service.wait_until_ready(system_clock)
    screen.tell("starting", 2, 3)
    store = Store.open(f"sqlite:///{home / 'data'}", upgrade=False)
    stack.callback(store.close)
    screen.tell("starting", 3, 3)
    return Play(
        stage=stage,
        service=service,
        store=store,
        cast=cast,
        imitations=imitations,
        clock=system_clock,
        tell=screen.tell,
        seed=seed,
    )


def _code(outcome: Outcome) -> int:
    return 1 if outcome.faults else 0


def _stay(service: Service) -> None:
    """Until Ctrl-C, or until the service falls."""
    waiting = threading.Event()
    while not waiting.wait(_LOOK_SECONDS):
        service.check()


@contextmanager
def _home(folder: Path | None) -> Iterator[Path]:
    """A folder of our own: a new one that stays, or a temporary one."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="connector-demo-") as name:
            yield Path(name)
        return
    home = folder.absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        if any(home.iterdir()):
            raise ConfigurationError(f"--folder {folder}: it is not empty; name a new one")
        (home / "data").mkdir(mode=0o700)
    except OSError as error:
        raise ConfigurationError(f"--folder {folder}: {error.strerror}") from None
    yield home


@contextmanager
def _interruptible() -> Iterator[None]:
    """Whatever asks us to end ends us once, in order; what follows is ignored."""

    def end(_number: int, _frame: object) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, end) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

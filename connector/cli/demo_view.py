"""What the demonstration shows on a terminal of 80 columns, and on none."""

import collections
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from connector.demo.people import Person
from connector.demo.play import Outcome, Play
from connector.demo.verdict import Shown


_WIDTH = 80
_STEPS = {
    "starting": "Starting org and service",
    "callbacks": "Callbacks sent",
    "fields": "Fields in Salesforce that are right",
    "scenes": "Scenes of a campaign going wrong",
}
_STYLES = {
    "Delivered": "green",
    "Pending": "yellow",
    **dict.fromkeys(("Undelivered", "Failed", "Rejected", "Expired"), "red"),
}
_HEALTHS = {"Healthy": "green", "Watch": "yellow", "Critical": "bold red"}


class Screen:
    """Progress while the play goes on, then tables and figures."""

    def __init__(self) -> None:
        self._console = Console(width=None if sys.stdout.isatty() else _WIDTH)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            console=self._console,
        )
        self._bars: dict[str, TaskID] = {}

    def tell(self, step: str, done: int, total: int) -> None:
        """A bar for each step on a terminal; elsewhere a line when it is over."""
        if self._console.is_terminal:
            self._progress.start()
            if step not in self._bars:
                self._bars[step] = self._progress.add_task(f"{_STEPS[step]:36}")
            self._progress.update(self._bars[step], completed=done, total=total)
        elif done == total and step not in self._bars:
            self._bars[step] = TaskID(0)
            click.echo(f"{_STEPS[step]}: {done} of {total}")

    def close(self) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def show(self, play: Play, outcome: Outcome) -> None:
        """Before, after, figures, and every field that is not as it should be."""
        self.close()
        click.echo()
        told = [person for person, _ in play.script.stories]
        self._people("Before", told, outcome.before, {})
        self._people("After", told, outcome.after, dict(play.script.stories))
        rest = [person for person in outcome.after if person not in told]
        self._console.print(_summary(outcome.after[person] for person in rest))
        self._figures(play, outcome)
        self._campaign(outcome)
        for fault in outcome.faults:
            click.echo(f"wrong: {fault}")
        checked = "Every field of every record is as it should be."
        count = len(outcome.faults)
        self._console.print(
            Text(f"{count} things are not as they should be.", "bold red")
            if count
            else Text(checked, "bold green")
        )

    def invite(self, play: Play, home: Path) -> None:
        """Where to look on, as long as everything runs."""
        page = _page(play)
        lines = [
            "",
            "Look at it:",
            f"  the org's records  {play.stage.page}Contact/",
            f"  campaign figures   {play.stage.page}SMS_Campaign_Stat__c/",
            f"  the service        {play.service.url}{page}",
        ]
        if page == "/status":
            lines.append(f"    log in with {play.key_name}, {play.secret}")
        lines += [
            "",
            "Ask it, in another terminal:",
            *_commands(play, home),
            "",
            f"Its log is {home / 'service.log'}",
            "Ctrl-C ends it.",
        ]
        click.echo("\n".join(lines))

    def say_goodbye(self) -> None:
        self.close()
        click.echo("Ending the service and the org.")

    def part(self, play: Play, home: Path) -> None:
        """What to do with a folder that was kept."""
        click.echo("\n".join([f"Kept in {home}. Try:", *_commands(play, home)]))

    def _people(
        self,
        title: str,
        people: Iterable[Person],
        shown: Mapping[Person, Shown],
        stories: Mapping[Person, str],
    ) -> None:
        table = Table(title=title, title_justify="left", title_style="bold", box=None)
        table.padding = (0, 1, 0, 0)
        for name in ("Record", "Name", "Number", "Status", "Reason", "Out"):
            table.add_column(name, no_wrap=True)
        if stories:
            table.add_column("What happened")
        for person in people:
            table.add_row(*_row(person, shown[person]), stories.get(person, ""))
        self._console.print(table)
        self._console.print()

    def _campaign(self, outcome: Outcome) -> None:
        """The row of the second act's campaign, scene by scene, and what was told of it."""
        table = Table(
            title="A second campaign, as its row in Salesforce shows it",
            title_justify="left",
            title_style="bold",
            box=None,
        )
        table.padding = (0, 1, 0, 0)
        for name in ("What happened", "Messages", "Delivered", "Health", "Top reason"):
            table.add_column(name, no_wrap=True)
        for seen in outcome.aftermath.scenes:
            health, rate = str(seen.row.get("Health__c")), seen.row.get("Delivery_Rate__c")
            table.add_row(
                seen.scene.title,
                f"{seen.row.get('Messages__c') or 0:g}",
                f"{rate or 0:.1f} %",
                Text(health, _HEALTHS.get(health, "")),
                str(seen.row.get("Top_Reason__c") or ""),
            )
        self._console.print(table)
        click.echo()
        for alert in reversed(outcome.alerts):
            end = "over" if alert.ended_at else "still so"
            click.echo(f"Alert      {alert.trouble.kind.value}, once: {end}")
        flagged, overdue = outcome.aftermath.flagged, outcome.aftermath.overdue
        click.echo(
            f"Hygiene    {flagged.get('Name')} to review: {flagged.get('SMS_Review_Reason__c')}"
        )
        click.echo(
            f"Silence    {overdue.get('Name')}: soft failure"
            f" {'yes' if overdue.get('SMS_Soft_Failure__c') else 'no'}, nothing heard for 25 h"
        )
        click.echo()

    def _figures(self, play: Play, outcome: Outcome) -> None:
        tally, figures = outcome.tally, outcome.figures
        changed = sum(outcome.before[each] != outcome.after[each] for each in outcome.after)
        rows = {
            "Callbacks": (
                f"{tally.sent} sent: {tally.taken} taken, {tally.refused} refused as forged"
            ),
            "Messages": (
                f"{len(play.script.messages)} sent, {figures.unmatched} to a number that"
                " nobody in Salesforce holds"
            ),
            "Salesforce": (
                f"{changed} records written with {play.stage.update_calls} update calls,"
                f" {play.stage.calls} calls in all"
            ),
            "Time": f"{outcome.seconds:.1f} s from the first callback to the last field",
        }
        for name, text in rows.items():
            click.echo(f"{name:11}{text}")
        click.echo()


def _row(person: Person, shown: Shown) -> list[Text]:
    status = str(shown.get("SMS_Delivery_Status__c") or "-")
    return [
        Text(person.object),
        Text(person.name),
        Text(f"•••{person.phone[-4:]}"),
        Text(status, _STYLES.get(status, "dim")),
        Text(str(shown.get("SMS_Failure_Reason__c") or "")),
        Text("yes" if shown.get("SMS_Opt_Out__c") else "", "magenta"),
    ]


def _summary(rest: Iterable[Shown]) -> str:
    counts = collections.Counter(
        str(shown.get("SMS_Delivery_Status__c") or "never texted") for shown in rest
    )
    listed = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return f"And {counts.total()} more: {listed}.\n"


def _commands(play: Play, home: Path) -> list[str]:
    message = play.script.messages[0].message_id
    return [
        f"  export CONNECTOR_DATA_FOLDER={shlex.quote(str(home / 'data'))}",
        f"  {_program()} explain {message}",
        f"  {_program()} callbacks list",
    ]


def _page(play: Play) -> str:
    """The service's page for people, or what it has for programs."""
    status, _ = play.service.get("/status")
    return "/readyz" if status == 404 else "/status"  # noqa: PLR2004 (not found)


def _program() -> str:
    """How to call us again from here."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "python -m connector"
    if shutil.which("connector") == str(called):
        return "connector"
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)

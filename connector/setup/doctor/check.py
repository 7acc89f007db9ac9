"""One check: what it looks at, what has to be well before, and how it is run."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.salesforce.errors import DailyLimitError, OrgRefusedError
from connector.setup.doctor.context import DoctorContext
from connector.setup.doctor.finding import Finding, Level, Trouble


Part = Callable[[DoctorContext], Iterable[Finding]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """
    One line of the doctor's report; `title` is what it says where there is nothing to add.

    `about` says what is looked at, for the documentation. `parts` are run one after the other:
    one that cannot be asked does not hide the others. `needs` are the names of checks without
    whose subject this one makes no sense.
    """

    name: str
    title: str
    about: str
    parts: tuple[Part, ...]
    troubles: tuple[Trouble, ...] = ()
    needs: tuple[str, ...] = ()


CALLS_USED_UP = Trouble(
    name="calls-used-up",
    level=Level.BROKEN,
    means="The org's API calls of the last 24 hours are used up, so Salesforce takes no"
    " writes. What is pending stays kept and is written when calls come free.",
    cure="Find out who uses the calls, or buy more; the window moves hour by hour.",
    where="Setup > Company Information > API Requests, Last 24 Hours; and Setup > API Usage"
    " Last 7 Days in Reports",
)
NO_ANSWER = Trouble(
    name="no-answer",
    level=Level.BROKEN,
    means="Salesforce did not answer a question, is busy or under maintenance. Nothing is"
    " lost: the service keeps what it has to write and tries again.",
    cure="Call again in some minutes. If it goes on, look whether Salesforce has an incident.",
    where="https://status.salesforce.com: the instance of this org",
)
NOT_TOLD = Trouble(
    name="not-told",
    level=Level.WARNING,
    means="Our user may not ask for this, so the doctor cannot say whether it is well. The"
    " service itself does not need it.",
    cure="To have it checked, give the user View Setup and Configuration, or call with an"
    " administrator's login: `connector setup doctor --env salesforce/admin.env`.",
    where="Setup > Permission Sets > SMS Connector > System Permissions > View Setup and"
    " Configuration",
)
CONTRADICTED = Trouble(
    name="changed-meanwhile",
    level=Level.BROKEN,
    means="What worked at the login does not work any more: somebody is changing the org, or"
    " a policy cuts sessions off.",
    cure="Call again; if it stays, look at the user's login history.",
    where="Setup > Users > the user > Login History",
)
#: What every check may find.
ANYWHERE = (CALLS_USED_UP, NO_ANSWER, NOT_TOLD, CONTRADICTED)


def run(
    checks: Sequence[Check], context: DoctorContext
) -> Iterator[tuple[Check, list[Finding]]]:
    """Every check in order, with all that it found: at least one finding each."""
    stopped: set[str] = set()
    for check in checks:
        if waits := [name for name in check.needs if name in stopped]:
            found = [Finding(level=Level.SKIPPED, what=f"needs {', '.join(waits)}")]
        else:
            found = list(_all(check, context))
        if max(finding.level.weight for finding in found) == Level.BROKEN.weight or waits:
            stopped.add(check.name)
        yield check, [dataclasses.replace(each, check=check.name) for each in found]


def _all(check: Check, context: DoctorContext) -> Iterator[Finding]:
    found = False
    for part in check.parts:
        for finding in _guarded(part, context):
            found = True
            yield finding
    if not found:
        yield Finding(level=Level.OK, what=check.title)


def _guarded(part: Part, context: DoctorContext) -> Iterator[Finding]:
    try:
        yield from part(context)
    except OrgRefusedError as refusal:
        subject = (part.__doc__ or part.__name__).strip().rstrip(".").lower()
        yield NOT_TOLD.found(f"not told: {subject} ({refusal.code})")
    except DailyLimitError:
        yield CALLS_USED_UP.found("the org's calls of the last 24 hours are used up")
    except OrgUnavailableError as error:
        yield NO_ANSWER.found(str(error))
    except ConfigurationError as error:
        yield CONTRADICTED.found(str(error))

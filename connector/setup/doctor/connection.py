"""Whether we get to the org at all: settings, network, clock, certificate."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from connector.domain.errors import ConfigurationError
from connector.salesforce.certificate import KeyCertificate, beside
from connector.salesforce.reach import Barrier, UnreachableError
from connector.setup.doctor.check import NO_ANSWER, Check
from connector.setup.doctor.context import DoctorContext
from connector.setup.doctor.finding import Finding, Level, Trouble, fine


APP = "Setup > External Client App Manager > the app"

SETTINGS_INCOMPLETE = Trouble(
    name="settings-incomplete",
    level=Level.BROKEN,
    means="A setting that the login needs is missing or cannot be right.",
    cure="Set it; `connector config show` tells what is set and from where. `connector org"
    " login` walks through all of it, and `set -a; . salesforce/salesforce.env; set +a` reads"
    " what it wrote.",
    where=f"{APP} > Settings > OAuth Settings: the consumer key",
)
MAPPING_WRONG = Trouble(
    name="mapping-wrong",
    level=Level.BROKEN,
    means="A mapping file has a mistake, so that the service does not start with it.",
    cure="Correct the file in the line that is named; `connector mappings check` tells of"
    " more.",
)
NAME_UNKNOWN = Trouble(
    name="name-unknown",
    level=Level.BROKEN,
    means="No address belongs to the host of the login URL, or this machine cannot ask for it.",
    cure="Check the spelling of CONNECTOR_SALESFORCE_LOGIN_URL against the org's My Domain,"
    " and this machine's DNS.",
    where="Setup > My Domain > My Domain Details > Current My Domain URL",
)
NO_WAY = Trouble(
    name="network-closed",
    level=Level.BROKEN,
    means="Nobody answers at the login address: a firewall, a proxy or a port is in the way.",
    cure="Let this machine reach {host} on port 443; behind a proxy set HTTPS_PROXY.",
)
UNTRUSTED = Trouble(
    name="tls-not-trusted",
    level=Level.BROKEN,
    means="The certificate of the server comes from an authority that this machine does not"
    " know. With Salesforce itself that means that somebody stands in between, usually a"
    " company proxy that opens TLS.",
    cure="Have your network let {host} pass unopened, or name the proxy's authority in"
    " CONNECTOR_SALESFORCE_CA_FILE.",
)
TLS_FAILED = Trouble(
    name="tls-failed",
    level=Level.BROKEN,
    means="The server's certificate is out of date or for another host, or there is no common"
    " way to encrypt.",
    cure="Check this machine's date and the login URL; have OpenSSL support TLS 1.2.",
    where="Setup > My Domain > My Domain Details > Current My Domain URL",
)
ORG_MOVED = Trouble(
    name="login-url-moved",
    level=Level.BROKEN,
    means="The login address redirects or does not answer as Salesforce does: the My Domain"
    " was renamed, or the address is of a web page and not of the API.",
    cure="Set CONNECTOR_SALESFORCE_LOGIN_URL to the org's current My Domain, such as"
    " https://example.my.salesforce.com, not .lightning.force.com.",
    where="Setup > My Domain > My Domain Details > Current My Domain URL",
)
CLOCK_OFF = Trouble(
    name="clock-off",
    level=Level.BROKEN,
    means="This machine's clock and Salesforce's differ so much that logins are refused: a JWT"
    " is valid for three minutes.",
    cure="Have this machine's clock set by NTP, for example `timedatectl set-ntp true`.",
)
CLOCK_DRIFTS = Trouble(
    name="clock-drifts",
    level=Level.WARNING,
    means="This machine's clock is not exact. Times that gateways do not tell are taken from"
    " it, and soon logins may be refused.",
    cure="Have this machine's clock set by NTP, for example `timedatectl set-ntp true`.",
)
CERTIFICATE_EXPIRED = Trouble(
    name="certificate-expired",
    level=Level.BROKEN,
    means="The certificate of the app's key is not valid now, so Salesforce refuses the login.",
    cure="Make a new certificate (`connector org login` does it) and upload it to the app.",
    where=f"{APP} > Settings > OAuth Settings > Use digital signatures",
)
CERTIFICATE_ENDS = Trouble(
    name="certificate-ends-soon",
    level=Level.WARNING,
    means="The certificate of the app's key expires soon; from then on Salesforce refuses the"
    " login.",
    cure="Make a new certificate (`connector org login` does it) and upload it to the app"
    " before that day.",
    where=f"{APP} > Settings > OAuth Settings > Use digital signatures",
)
CERTIFICATE_OTHER = Trouble(
    name="certificate-of-another-key",
    level=Level.WARNING,
    means="The certificate that lies beside the private key belongs to another key. If it is"
    " the one that was uploaded to the app, no login works.",
    cure="Upload the certificate that was made with this key.",
    where=f"{APP} > Settings > OAuth Settings > Use digital signatures",
)

#: A JWT is made for three minutes, and refused when it has five or more to go; less a little.
_BEHIND, _AHEAD = timedelta(minutes=2, seconds=50), timedelta(minutes=1, seconds=50)
_EXACT = timedelta(seconds=30)
_SOON = timedelta(days=30)


def _settings(context: DoctorContext) -> Iterator[Finding]:
    """The settings of the login."""
    try:
        context.settings.require_salesforce()
        _ = context.org
    except ConfigurationError as error:
        for line in str(error).splitlines():
            yield SETTINGS_INCOMPLETE.found(line)
        return
    flow = "JWT bearer" if context.settings.salesforce_private_key else "client credentials"
    yield fine(f"complete, login by {flow}")


def _mappings(context: DoctorContext) -> Iterator[Finding]:
    """The mapping files."""
    try:
        names = ", ".join(context.objects)
    except ConfigurationError as error:
        for line in str(error).splitlines():
            yield MAPPING_WRONG.found(line)
        return
    yield fine(f"read: {names}")


def _address(context: DoctorContext) -> Iterator[Finding]:
    """The login address."""
    try:
        reached = context.reached
    except UnreachableError as error:
        yield _unreachable(error)
        return
    yield fine(f"{reached.host} answers")


_BARRIERS = {
    Barrier.NAME: (NAME_UNKNOWN, "{host}: no address belongs to this name"),
    Barrier.REFUSED: (NO_WAY, "{host}: nobody listens there"),
    Barrier.SILENCE: (NO_WAY, "{host}: no answer in time"),
    Barrier.PROXY: (NO_WAY, "{host}: the proxy does not let us through"),
    Barrier.UNTRUSTED: (UNTRUSTED, "{host}: its certificate is from an unknown authority"),
    Barrier.OUTDATED: (TLS_FAILED, "{host}: its certificate is not valid today"),
    Barrier.WRONG_NAME: (TLS_FAILED, "{host}: its certificate is for another host"),
    Barrier.ENCRYPTION: (TLS_FAILED, "{host}: no common way to encrypt"),
    Barrier.MOVED: (ORG_MOVED, "{host}: redirects elsewhere"),
    Barrier.BUSY: (NO_ANSWER, "{host}: Salesforce is busy or under maintenance"),
    Barrier.STRANGER: (ORG_MOVED, "{host}: does not answer as Salesforce's API does"),
}


def _unreachable(error: UnreachableError) -> Finding:
    trouble, text = _BARRIERS[error.barrier]
    return trouble.found(text.format(host=error.host), host=error.host)


def _clock(context: DoctorContext) -> Iterator[Finding]:
    """This machine's clock."""
    org_time = context.reached.org_time
    if org_time is None:
        yield fine("Salesforce told no time to compare with")
        return
    ahead = context.clock() - org_time
    seconds = abs(round(ahead.total_seconds()))
    side = "ahead of" if ahead > timedelta() else "behind"
    said = f"this machine is {seconds} s {side} Salesforce"
    uses_jwt = bool(context.settings.salesforce_private_key)
    if uses_jwt and not -_BEHIND < ahead < _AHEAD:
        yield CLOCK_OFF.found(said)
    elif abs(ahead) > _EXACT:
        yield CLOCK_DRIFTS.found(said)
    else:
        yield fine(f"{seconds} s from Salesforce's")


def _certificate(context: DoctorContext) -> Iterator[Finding]:
    """The certificate of the app's key."""
    key = context.settings.salesforce_private_key.value
    source = context.settings.sources.get("CONNECTOR_SALESFORCE_PRIVATE_KEY", "")
    if not key:
        yield fine("none needed: the login is by a client secret")
        return
    kind, _, path = source.partition(" ")
    found = beside(Path(path), key) if kind == "file" and path else None
    if found is None:
        yield fine("none beside the key: its last day is not known here")
        return
    yield _judged(found, context)


def _judged(found: KeyCertificate, context: DoctorContext) -> Finding:
    now = context.clock()
    day = f"{found.ends:%Y-%m-%d}"
    if not found.fits:
        return CERTIFICATE_OTHER.found(f"{found.path.name} belongs to another key")
    if now >= found.ends:
        return CERTIFICATE_EXPIRED.found(f"{found.path.name} was valid until {day}")
    if now < found.starts:
        return CERTIFICATE_EXPIRED.found(
            f"{found.path.name} is valid from {found.starts:%Y-%m-%d} only"
        )
    if now + _SOON >= found.ends:
        days = (found.ends - now).days
        return CERTIFICATE_ENDS.found(f"{found.path.name}: {days} days left, until {day}")
    return fine(f"{found.path.name} is valid until {day}")


CHECKS = (
    Check(
        name="settings",
        about=(
            "Whether the settings of the login are complete and of the right form, and the "
            "private key can sign."
        ),
        title="complete",
        parts=(_settings,),
        troubles=(SETTINGS_INCOMPLETE,),
    ),
    Check(
        name="mappings",
        about="Whether the mapping files in use can be read.",
        title="read",
        parts=(_mappings,),
        troubles=(MAPPING_WRONG,),
    ),
    Check(
        name="address",
        about="Whether the login address leads to Salesforce's API: name, network, TLS.",
        title="answers",
        parts=(_address,),
        troubles=(NAME_UNKNOWN, NO_WAY, UNTRUSTED, TLS_FAILED, ORG_MOVED),
        needs=("settings",),
    ),
    Check(
        name="clock",
        about=(
            "This machine's clock beside the time that Salesforce tells: a JWT is valid for "
            "minutes."
        ),
        title="exact",
        parts=(_clock,),
        troubles=(CLOCK_OFF, CLOCK_DRIFTS),
        needs=("settings", "address"),
    ),
    Check(
        name="certificate",
        about=(
            "The certificate of the app's key, if its file lies beside the key's "
            "(`app.key`, `app.crt`)."
        ),
        title="valid",
        parts=(_certificate,),
        troubles=(CERTIFICATE_EXPIRED, CERTIFICATE_ENDS, CERTIFICATE_OTHER),
        needs=("settings",),
    ),
)

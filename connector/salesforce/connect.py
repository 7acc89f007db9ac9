"""From settings to an org that can be called."""

from requests.adapters import BaseAdapter

from connector.clock import Clock
from connector.salesforce.access import OrgAccess
from connector.salesforce.connection import Connection
from connector.salesforce.org import Org
from connector.salesforce.session import Meter, OrgSession
from connector.salesforce.token import TokenProvider


def connect(access: OrgAccess, *, clock: Clock, adapter: BaseAdapter | None = None) -> Org:
    """
    An org behind these settings; nothing is sent before the first question to it.

    `adapter` takes the place of the network. Raises ConfigurationError for settings that
    cannot work. The org must be closed.
    """
    access.check()
    meter = Meter()
    session = OrgSession(access, meter=meter, adapter=adapter)
    try:
        tokens = TokenProvider(access, session, clock=clock)
    except BaseException:
        session.close()
        raise
    return Org(Connection(access, session, tokens, meter=meter, clock=clock))

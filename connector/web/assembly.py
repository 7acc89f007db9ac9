"""Puts the web process together from the settings and an open store."""

from collections.abc import Iterable

from connector import gateways
from connector.clock import Clock
from connector.notify import TELLS, Notifier
from connector.settings import Settings
from connector.store import Store
from connector.traces import open_receipts
from connector.web import lifetime, metrics
from connector.web.app import MOST_BYTES, create_app
from connector.web.callers import Callers
from connector.web.door import Door
from connector.web.drain import Drain
from connector.web.front import Front
from connector.web.group_commit import GroupCommit, never
from connector.web.health import Health, disk_reserve, nearly_full
from connector.web.meters import Meters
from connector.web.mount import Mount
from connector.web.pages import Site
from connector.web.papers import Papers
from connector.web.reading import Limits
from connector.web.tally import Tally
from connector.wiring.local import read_addresses, read_regions, read_secrets
from connector.wiring.renewal import SECONDS, Renewal


#: Disk space of the embedded database below which no callbacks should come here any more.
RESERVE_BYTES = 256 * 2**20
#: The last of it is for opt-outs: delivery reports are told to come again.
URGENT_BYTES = 64 * 2**20


def assemble(
    settings: Settings, store: Store, clock: Clock, notifier: Notifier | None = None
) -> Front:
    """Everything that one web process needs; it closes the store when it ends."""
    notifier = notifier or Notifier()
    commit = GroupCommit(
        store.inbox.keep,
        on_broken=lifetime.end,
        nearly_full=(
            never if store.shared else nearly_full(settings.data_folder, URGENT_BYTES)
        ),
    )
    checks = [commit.check, store.check]
    if not store.shared:
        checks.append(disk_reserve(settings.data_folder, RESERVE_BYTES))
    health = Health(checks)
    secrets, meters = read_secrets(settings), Meters()
    meters.expect(secrets)
    mount = Mount(
        create_app(
            store=store,
            on_broken=commit.give_up,
            clock=clock,
            region=settings.default_region,
            regions=read_regions(settings),
            brands=settings.brands,
            public_url=settings.public_url,
            site=site_of(settings, secrets),
            more=[
                metrics.blueprint(
                    store,
                    clock,
                    meters,
                    disk=None if store.shared else settings.data_folder,
                    access=settings.metrics,
                )
            ],
        ),
        Limits(body_bytes=MOST_BYTES),
    )
    papers, receipts = Papers(fetch, clock), open_receipts(settings, clock)
    door = Door(
        gateways=gateways.installed(),
        secrets=secrets,
        callers=Callers(read_addresses(settings), settings.trusted_proxies),
        public_url=settings.public_url,
        commit=commit,
        papers=papers,
        clock=clock,
        tally=Tally(clock, meters),
        limits=Limits(body_bytes=settings.max_body_bytes),
        receipts=receipts,
    )
    renewal = lifetime.Repeated(
        Renewal(settings, lambda found: door.trust_in(read_secrets(found))).look, SECONDS
    )

    def give_sign() -> None:
        if not commit.is_stuck:
            notifier.alive()

    signs = lifetime.Repeated(give_sign, notifier.seconds / TELLS)
    return Front(
        door=door,
        health=health,
        mount=mount,
        starting=[
            lifetime.settle_memory,
            Drain(health, settings.drain_seconds).at_sigterm,
            renewal.start,
            *([give_sign, signs.start] if notifier.is_wanted else []),
        ],
        stopping=[
            renewal.stop,
            signs.stop,
            commit.close,
            papers.close,
            mount.close,
            health.close,
            store.close,
            *([receipts.close] if receipts else []),
        ],
    )


def site_of(settings: Settings, accounts: Iterable[tuple[str, str]]) -> Site:
    """What the status pages have to know; the accounts are those that have secrets."""
    return Site(
        public_url=settings.public_url,
        proxies=settings.trusted_proxies,
        accounts=tuple(accounts),
        api_share=settings.salesforce_api_share,
        api_reserve=settings.salesforce_api_reserve,
        batch_size=settings.salesforce_batch_size,
        bulk_from=settings.salesforce_bulk_from,
        time_zone=settings.campaign_time_zone,
    )


def fetch(address: str) -> bytes:
    """Few gateways have something to fetch: the HTTP client is loaded when one has."""
    from connector.fetch import fetch as load  # noqa: PLC0415

    return load(address)

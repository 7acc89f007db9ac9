"""What asks gateways for the end of messages, as the settings want it."""

from collections.abc import Sequence
from datetime import timedelta

from connector import gateways
from connector.clock import Clock
from connector.message_apis.base import ConfiguredApi
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.reconcile import Reconciler
from connector.settings import Settings
from connector.store import Store


def build_reconciler(
    settings: Settings,
    store: Store,
    apis: Sequence[ConfiguredApi],
    read_phone: PhoneReader,
    clock: Clock,
    holder: str,
) -> Reconciler:
    return Reconciler(
        store,
        apis,
        gateways.installed(),
        read_phone,
        clock,
        holder=holder,
        after=timedelta(hours=settings.reconcile_after_hours),
    )

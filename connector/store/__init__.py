"""The only SQL: everything that outlives a process, on embedded SQLite or on PostgreSQL."""

from connector.store.store import Store
from connector.store.transaction import Transaction


__all__ = ["Store", "Transaction"]

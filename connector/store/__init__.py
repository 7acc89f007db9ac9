"""The only SQL: everything that outlives a process, on embedded SQLite or on PostgreSQL."""

from connector.store.store import Store, Transaction


__all__ = ["Store", "Transaction"]

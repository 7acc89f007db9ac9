"""Real Kannel between an SMSC of our own and the running door."""

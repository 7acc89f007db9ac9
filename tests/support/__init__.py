"""What tests stand on: a clock to set, a PostgreSQL server of their own."""

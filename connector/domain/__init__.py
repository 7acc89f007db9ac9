"""What the service speaks of: pure values and their laws, without I/O, clock or framework."""

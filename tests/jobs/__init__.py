"""Jobs by slots under everything that happens to processes."""

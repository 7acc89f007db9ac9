"""What the pages of the documentation claim, and whether it is so."""

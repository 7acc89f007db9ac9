"""What the service promises, tried on real processes, disks and databases that fail."""

"""What a disk holds after a power cut, worked out from the system calls of real processes."""

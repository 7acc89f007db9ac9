"""What answers HTTP: the door for callbacks, and the application behind it."""

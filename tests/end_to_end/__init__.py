"""The service as it is deployed, in real processes, against the emulated org over HTTPS."""

"""
The demonstration: an emulated org, the real service, and gateways that are imitated.

What every field must be in the end is worked out from the script alone, by rules written down
here a second time, so that a fault of the service is not repeated in what is expected of it.
"""

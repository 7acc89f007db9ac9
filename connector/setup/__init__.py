"""The Salesforce side of the set-up: what to make there, whether it is right, how to log in."""

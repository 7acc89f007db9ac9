"""
Settings in, everything built out.

Two modules, so that web processes, which never talk to Salesforce, do not load its client.
"""

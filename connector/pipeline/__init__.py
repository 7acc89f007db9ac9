"""
The steps between a callback and a field: read, match, enqueue, push, and the directory.

Each step does bounded work, may be called again at any time, also after a crash, and returns
what it did.
"""

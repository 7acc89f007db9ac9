"""The history of the schema: numbered revisions, forwards only."""

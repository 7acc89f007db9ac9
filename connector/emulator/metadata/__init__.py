"""The Metadata API: what is deployed is read strictly, checked, and becomes part of the org."""

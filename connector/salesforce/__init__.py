"""Salesforce in the project's words: the only package that knows its API and its SDK."""

"""Tests of the connector: one module of tests for one module of code."""

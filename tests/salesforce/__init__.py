"""Tests of the Salesforce package, against prepared answers and against the emulated org."""

"""Tests of the gateways: how requests are trusted and what they say."""

"""Campaigns of many messages, played over days and counted again by hand."""

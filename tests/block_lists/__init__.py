"""The block lists of gateways, against servers written from their documentation."""

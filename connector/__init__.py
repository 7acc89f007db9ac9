"""Brings delivery reports, opt-outs and campaign figures from SMS gateways to Salesforce."""

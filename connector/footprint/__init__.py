"""What the service has in a Salesforce org: one description, and what is generated from it."""

"""What the service offers: models, their endpoints, providers, and queries for them."""

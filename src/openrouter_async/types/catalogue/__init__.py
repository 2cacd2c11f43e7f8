"""The offers of the service: models, their endpoints, providers, and queries for them."""

"""The catalogue: models, their endpoints, and providers."""

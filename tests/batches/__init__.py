"""The service's own batches."""

"""`client.batches`: the service's own batches, done within a day for about half the price."""

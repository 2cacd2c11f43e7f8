"""The list of models as an object: the capabilities and prices of each."""

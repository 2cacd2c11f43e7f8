"""A value of the wanted type from any model: schemas, both ways of asking, reading what comes back, asking again."""

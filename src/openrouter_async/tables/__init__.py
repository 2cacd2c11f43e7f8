"""Prompts for the rows of a data frame, and their answers as columns."""

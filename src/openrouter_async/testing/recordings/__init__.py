"""Exchanges kept in files, and given again."""

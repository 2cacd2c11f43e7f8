"""Counting what calls cost."""

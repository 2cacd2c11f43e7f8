"""Counts what calls cost, and keeps them within a budget."""

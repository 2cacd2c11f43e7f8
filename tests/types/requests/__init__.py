"""Tests of checks of what is sent."""

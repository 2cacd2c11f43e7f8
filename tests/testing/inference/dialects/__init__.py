"""Tests of the Responses and the Messages dialect of the emulator."""

"""Conversations that keep their context: history, trimming, and the object that sends."""

"""The Messages dialect: what is sent, and what comes back."""

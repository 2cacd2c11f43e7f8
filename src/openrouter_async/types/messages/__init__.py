"""Types of the Messages dialect: requests, replies and events."""

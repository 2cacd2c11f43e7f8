"""The Responses and the Messages dialect: their requests become chat calls, and replies are written in their form."""

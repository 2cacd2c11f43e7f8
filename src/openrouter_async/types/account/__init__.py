"""The state and use of an account: keys, credits, activity, generations."""

"""What an account has and used: keys, credits, activity, generations."""

"""A chat product for several users and workers; see `app`."""

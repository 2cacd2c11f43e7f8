"""An organization: its members and settings, users, directory, destinations, private endpoints and vault."""

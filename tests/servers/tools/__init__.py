"""A session API over one operation: the session travels in a header, and nothing of it is ever shown."""

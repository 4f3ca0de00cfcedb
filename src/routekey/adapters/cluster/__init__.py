"""Which node holds a connection, and how to reach it."""

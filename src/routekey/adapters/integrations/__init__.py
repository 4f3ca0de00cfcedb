"""The backends of routes: Lambda, HTTP, AWS services, MOCK."""

"""APIs, functions and identities: their shape, and the frozen view that is served."""

"""Small pure interpreters, each for a text with a specification of its own."""

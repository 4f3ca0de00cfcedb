"""What users need to test on us, and what our own tests use."""

"""The heart: every decision of the data plane, without I/O."""

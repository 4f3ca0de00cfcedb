"""Mapping templates: the Velocity Template Language as API Gateway has it."""

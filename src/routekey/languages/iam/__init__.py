"""IAM policy documents: parsed once, evaluated often."""


class Policy:
    """One parsed policy document."""


__all__ = ["Policy"]

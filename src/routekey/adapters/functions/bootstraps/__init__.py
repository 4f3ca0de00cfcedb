"""The programs that run inside function processes; none of them is imported by the gateway."""

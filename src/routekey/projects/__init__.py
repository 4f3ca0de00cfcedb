"""What people already have, read into resources."""

"""Lambda: packages, execution environments, the Runtime API, pools and logs."""

"""What Routekey costs, measured beside bare servers in the same run: `scripts/bench`."""

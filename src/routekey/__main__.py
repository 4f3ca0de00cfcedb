"""`python -m routekey`, for where the `routekey` command is not on the path."""

from routekey.cli import main

if __name__ == "__main__":
    main()

"""`python -m reference`: write the pages; with `--check`, only compare them."""

import sys

from reference import pages


def main(arguments: list[str]) -> int:
    """Do what the arguments say; 1 when a page is out of step."""
    if arguments != ["--check"]:
        pages.write()
        return 0
    stale = pages.find_stale()
    for name in stale:
        print(f"docs/reference/{name} is out of step; run scripts/docs")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

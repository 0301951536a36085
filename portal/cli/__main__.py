"""`python -m portal.cli` is the `watchlight` command."""

from portal.cli import main

if __name__ == "__main__":
    main()

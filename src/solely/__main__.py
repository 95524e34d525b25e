"""`python -m solely` is `solely`."""

from solely.cli import main

if __name__ == "__main__":
    main()

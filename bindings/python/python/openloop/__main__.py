"""The command line: `python -m openloop train ...`, and the script `openloop`."""

import sys

from openloop._native import command


def main() -> int:
    """Runs `openloop` with the arguments of this process.

    Returns
    -------
    int
        The exit code: 0 done, 1 the run failed, 2 the request was wrong.
    """
    return command(["openloop", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())

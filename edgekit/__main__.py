"""`edgekit`, and `python -m edgekit`."""

import sys

try:
    from edgekit.cli import main
except KeyboardInterrupt:  # while Python still reads its modules
    sys.exit(130)

if __name__ == "__main__":
    main()

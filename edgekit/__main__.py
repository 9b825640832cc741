"""`edgekit`, and `python -m edgekit`."""

import sys

try:
    from edgekit_deploy import check_import

    # this file may lie among another project's, whose `edgekit/__init__.py` came later
    check_import()
    from edgekit.cli import main
except KeyboardInterrupt:  # while Python still reads its modules
    sys.exit(130)

if __name__ == "__main__":
    main()

"""`python -m crmctl`."""

from crmctl.cli import main

main()

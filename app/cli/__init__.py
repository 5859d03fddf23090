"""The program `quaestor`: one module for each command."""

import os

# Read before anything slow is imported: should the parent end meanwhile, its successor is not taken for it.
PARENT_AT_START = os.getppid()

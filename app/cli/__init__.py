"""The program `quaestor`: one module for each command."""

import os

# Read before slow imports: if the parent ends meanwhile, its successor is not taken for it.
PARENT_AT_START = os.getppid()

"""The contract of the port is a file of plain Python beside the tests: let it be imported."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

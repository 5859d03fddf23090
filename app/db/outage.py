"""The database being away, as this process notices it: logged when it begins, and when the process listens again."""

import logging

from app.kernel.outage import Outage

database_outage = Outage(logging.getLogger(__name__))

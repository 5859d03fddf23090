"""The outage of the database: logged when this process notices it, and when the process listens again."""

import logging

from app.kernel.outage import Outage

database_outage = Outage(logging.getLogger(__name__))

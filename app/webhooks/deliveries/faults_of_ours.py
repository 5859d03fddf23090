"""For how long faults on our side have kept each endpoint's messages back, as this process saw it."""

from collections import OrderedDict
from datetime import datetime, timedelta

from app.webhooks.deliveries.claimed import EndpointKey

COUNT_AFTER = timedelta(days=3)
"""How long such faults only put an endpoint's messages off. After that they count as attempts, so that it ends."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""They are tried every ten minutes: an endpoint without a fault for so long has none any more, or no message."""


class FaultsOfOurs:
    """The endpoints with such faults, each with its first and its last one. A request that is made ends them."""

    def __init__(self) -> None:
        self._since: OrderedDict[EndpointKey, tuple[datetime, datetime]] = OrderedDict()
        """The one whose last fault is longest ago comes first."""

    def note(self, endpoint: EndpointKey, now: datetime) -> timedelta:
        """Note a fault; answers how long they have lasted."""
        while self._since and now - next(iter(self._since.values()))[1] > FORGOTTEN_AFTER:
            self._since.popitem(last=False)
        first, _ = self._since.pop(endpoint, (now, now))
        self._since[endpoint] = (first, now)
        return now - first

    def end(self, endpoint: EndpointKey) -> None:
        """Note that a request was made."""
        self._since.pop(endpoint, None)


faults_of_ours = FaultsOfOurs()
"""Those of this process."""

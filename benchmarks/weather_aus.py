"""The real archive, read and inspected as an import does."""

from datetime import date

import pandas as pd

from benchmarks.report import archive
from meteo_core.quality import inspect
from meteo_core.sources.archive import Archive
from meteo_core.sources.protocol import Delivery
from meteo_core.stations import stations

FIRST, LAST = date(2007, 11, 1), date(2016, 6, 30)


def real_observations() -> pd.DataFrame:
    """Every station day from 2007-11 to 2016-06; raises RuntimeError where the file cannot be read."""
    given = list(Archive(archive()).fetch(list(stations().values()), FIRST, LAST))
    deliveries = [document for document in given if isinstance(document, Delivery)]
    if not deliveries:
        raise RuntimeError(f"{archive()} could not be read: {given[0] if given else 'it is empty'}")
    return inspect(deliveries).observations

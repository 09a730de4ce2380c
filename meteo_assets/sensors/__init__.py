"""What looks after the pipeline: a sensor for each kind of alert, and one that sends them.

Each looks at the state as it is and not at what happened since the last tick, so nothing is missed while the
daemon is down, and two that look at once find the same.
"""

from typing import Final

from meteo_assets.sensors.checks import failed_check_alerts
from meteo_assets.sensors.delivery import alert_delivery
from meteo_assets.sensors.drift import drift_alerts
from meteo_assets.sensors.forecasts import no_forecast_alerts
from meteo_assets.sensors.runs import failed_run_alerts
from meteo_assets.sensors.source import source_blocked_alerts

SENSORS: Final = (
    failed_run_alerts,
    failed_check_alerts,
    drift_alerts,
    no_forecast_alerts,
    source_blocked_alerts,
    alert_delivery,
)

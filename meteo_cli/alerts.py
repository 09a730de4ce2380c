"""`meteo alerts`: what is wrong, and whether the channels that tell people of it work."""

from typing import Annotated

import typer

from meteo_cli.state_folder import HomeOption, use

alerts = typer.Typer(help="What is wrong, and who is told.", no_args_is_help=True)


@alerts.command("list")
def list_alerts(
    days: Annotated[int, typer.Option(min=0, help="Also those that were over since so many days")] = 7,
    home: HomeOption = None,
) -> None:
    """Alerts that last and those of late, with what became of their messages. Example: meteo alerts list"""  # noqa: D415
    from datetime import UTC, datetime, timedelta

    from rich.table import Table

    from meteo_assets.alerting import alert_store
    from meteo_assets.settings import Settings
    from meteo_cli.console import console, plain_errors
    from meteo_core.alerts.alert import WAITING, DeliveryState

    use(home)
    with plain_errors(), alert_store(Settings()) as store:
        found = store.recent(datetime.now(UTC) - timedelta(days=days))
        messages = store.deliveries(found)
        if not found:
            console.print("Nothing is wrong, and nothing was.")
            return
        table = Table("alert", "where", "since (UTC)", "over (UTC)", "messages")
        for alert in found:
            sent = sum(each.state is DeliveryState.SENT for each in messages[alert.id])
            waiting = sum(each.state in WAITING for each in messages[alert.id])
            table.add_row(
                f"{alert.title}\n{alert.key}",
                alert.where,
                f"{alert.since:%Y-%m-%d %H:%M}",
                f"{alert.resolved_at:%Y-%m-%d %H:%M}" if alert.resolved_at else "",
                f"{sent} sent" + (f", {waiting} waiting" if waiting else ""),
            )
        console.print(table, markup=False)


@alerts.command("test")
def send_test(home: HomeOption = None) -> None:
    """Send a test message through each channel and say what came of it; exits with 1 where one failed.

    Example: meteo alerts test
    """
    from meteo_assets.alerting import channels_of, trial_notice
    from meteo_assets.settings import Settings
    from meteo_cli.console import console, plain_errors
    from meteo_core.alerts.channels import DeliveryFailed

    use(home)
    with plain_errors():
        settings = Settings()
        channels = channels_of(settings)
        if not channels:
            console.print(
                "No channel is set up: name a mailbox in METEO_ALERT_EMAIL_TO or a webhook in "
                "METEO_ALERT_WEBHOOK_URL. Until then alerts are on the page /alerts only."
            )
        failed = 0
        for channel in channels:
            try:
                channel.send(trial_notice(settings))
            except DeliveryFailed as failure:
                failed += 1
                console.print(f"{channel.name}: failed: {failure}", markup=False)
            else:
                console.print(f"{channel.name}: taken", markup=False)
    if failed:
        raise typer.Exit(1)

"""`meteo warehouse`: the tables in one place and in another."""

from typing import Annotated

import typer

from meteo_cli.state_folder import HomeOption, use

warehouse = typer.Typer(help="Where the tables are.", no_args_is_help=True)

PlaceArgument = typer.Argument(
    help="A DuckDB file, or a lake: ducklake:postgresql://USER@HOST/DATABASE or ducklake:FILE",
    show_default=False,
)


@warehouse.command("copy")
def copy(
    source: Annotated[str, PlaceArgument],
    target: Annotated[str, PlaceArgument],
    data: Annotated[
        str | None,
        typer.Option(
            help="Folder or s3://BUCKET/PREFIX for the files of a new lake. Default: METEO_LAKE_DATA, or "
            "`lake` in the state folder",
            show_default=False,
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the copy in the place of what the target holds")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be copied; write nothing")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Copy every table from a file to a lake, or back, and prove that the copy is the same.

    Rows are counted and their values hashed in both places. Exits with 1 where any table differs. The
    password of a lake's catalog and the key to its files are those of the settings:
    METEO_WAREHOUSE_PASSWORD_FILE, METEO_S3_KEY_ID, METEO_S3_SECRET_FILE. Stop the schedules first: what is
    written to the source after it was read is not in the copy.

    Examples:
      meteo warehouse copy data/meteo.duckdb ducklake:postgresql://meteo@db/lake --data s3://meteo/lake

      meteo warehouse copy ducklake:postgresql://meteo@db/lake copy.duckdb --dry-run
    """
    from meteo_cli.console import plain_errors

    use(home)
    with plain_errors():
        from meteo_cli.warehouse_copy import copy_and_show

        if not copy_and_show(source, target, data=data, replace=replace, dry_run=dry_run):
            raise typer.Exit(1)

"""`python -m meteo_cli`: the same as `meteo`."""

from meteo_cli.main import app

app()

"""The `meteo` command: where pipeline and service meet."""

"""Forecasts as the pipeline issued them."""

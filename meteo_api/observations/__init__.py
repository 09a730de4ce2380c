"""What was observed, as the forecasts were made from it."""

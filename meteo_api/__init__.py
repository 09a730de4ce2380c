"""The service: who may ask for forecasts, and how they look. Stands on `meteo_core` alone."""

"""The science of Meteo: observations in, chances of rain out. Imports no orchestrator and no web framework."""

"""The science of Meteo: observations in, chances of rain out. Imports no framework."""

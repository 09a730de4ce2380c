"""The whole of Meteo under mixed load for half an hour, while models are trained and exchanged.

What `meteo demo` starts, in a state folder of its own. A failed request, a run that fails or memory that
grows is a failure.
"""

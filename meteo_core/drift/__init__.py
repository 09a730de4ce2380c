"""Stage 6 of 7: whether the weather, and the instruments, still are what the model learnt from.

Four kinds of alarm: `pooled` (all stations against their season), `station` (one station against those near
by), `hard` (values that no weather gives) and `skill` (forecasts worse than they should be).
"""

"""Work on more days than fit into memory at once: window by window, here or on the workers of a cluster."""

"""Simulated weather, and a simulated web site of the Bureau that publishes it."""

"""Measurements: ratios against a peer or a limit in the same run, never in a timed test."""

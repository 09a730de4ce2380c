"""Runs of the pipeline: asked for here, done by Dagster."""

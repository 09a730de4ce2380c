"""What the pipeline alarmed people about."""

"""What-if: the chance of rain, given what a person observed or supposes."""

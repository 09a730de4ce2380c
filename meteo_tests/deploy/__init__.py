"""Files of the deployed stack."""

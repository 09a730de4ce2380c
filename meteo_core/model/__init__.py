"""Stage 3 of 7: from predictors to chances of rain."""

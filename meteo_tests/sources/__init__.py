"""Sources: documents read strictly, sites asked politely, weather simulated plausibly."""

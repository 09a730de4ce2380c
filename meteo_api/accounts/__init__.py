"""Who may ask: users, sign-ins, and the trail of what administrators did."""

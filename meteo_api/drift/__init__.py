"""Whether the weather of late still looks like the weather of its season."""

"""What a gateway asks before it lets somebody through to other programs."""

"""What a fleet loses when its processes are killed again and again: nothing; and how fast it is."""

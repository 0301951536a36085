"""What a crawl loses when its processes are killed: nothing."""

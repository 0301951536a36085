"""What a crawl makes of a database that is away for a minute: it waits, and nothing is lost."""

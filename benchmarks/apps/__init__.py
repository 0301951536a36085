"""How many pictures of real applications, written by others, a crawl finds."""

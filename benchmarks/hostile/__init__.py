"""What a hostile web can do to a crawl: reach inside, hang it, fill its memory, slow others down."""

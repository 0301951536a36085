"""What a crawled picture costs, part by part."""

"""How fast one machine crawls, beside crawlers that keep no promises."""

"""What kinds of places look like: pure readers of boards, channels, feeds and APIs, run in killable workers.

Each file reads one kind and ends in a function `job` that returns plain JSON values for the spider of that kind. Beside
it may stand `KIND` and `recognise`, which say whether an address is such a place (crawler.places.recognised asks them
all), and `REFUSALS`, the sentences for people behind its reasons (crawler.advice).
"""

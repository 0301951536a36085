"""What kinds of places look like: pure readers of channel previews, feeds and sitemaps, run in killable workers.

Each file reads one kind and ends in a function that returns plain JSON values for a spider of the same name.
"""

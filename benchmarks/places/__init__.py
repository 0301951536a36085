"""How many of the places where a picture can hide are seen, and how many of the pictures that Chromium shows."""

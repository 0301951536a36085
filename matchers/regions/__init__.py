"""Region hashes: what is left of a photo when only a part of it is left."""

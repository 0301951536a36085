"""How long one picture takes to be compared with many enrolled photos."""

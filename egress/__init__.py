"""EGRESS. What may leave the house: the addresses we dial and the lines we log."""

"""Evidence for others: an exposure's records as a sealed file that shows every changed byte, and as a PDF."""

"""One file per hash algorithm; a new one is a new file here."""

"""One file per kind of public place; a new kind is a new file here."""

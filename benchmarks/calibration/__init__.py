"""How sure is a match? Curves fitted on half of the photos, compared with what held for the other half."""

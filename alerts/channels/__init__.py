"""How an alert reaches a person: one file per channel, found by walking the folder."""

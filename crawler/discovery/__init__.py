"""Discovery: new places are proposed to an operator with the evidence, and never crawled unasked."""

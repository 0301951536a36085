"""What a look at the past costs: a new enrolment against a long sighting log."""

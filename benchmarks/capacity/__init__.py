"""What one machine holds, and how a frontier of ten million sites behaves under our pace."""

"""Long commands, interrupted again and again at odd moments."""

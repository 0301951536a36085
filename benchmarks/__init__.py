"""What Watchlight is measured by; needs photos and time, so it is no test."""

"""The web portal: three doors, plain forms, no third-party request."""

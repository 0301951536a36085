"""TELLS. From matches to alerts, notices and verdicts."""

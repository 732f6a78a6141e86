"""How the application fares, for whoever runs it: log lines, metrics, alive and ready."""

"""For whoever runs the application: health, metrics, logs, checks, error pages, proxies."""

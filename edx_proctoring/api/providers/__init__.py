"""What the service layer asks of an exam's proctoring provider."""

"""Personal data of learners who leave the platform."""

"""Personal data of learners: retirement of users who leave the platform."""

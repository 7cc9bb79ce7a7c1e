"""What operators run and watch: the sweeper, and the numbers that say whether something is stuck."""

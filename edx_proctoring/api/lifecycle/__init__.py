"""What status an attempt has, which may follow, and when its time ends."""

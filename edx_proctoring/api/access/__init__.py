"""Which course does a request concern, and is the caller one of its staff?"""

"""Pieces of pages."""


class Fragment:
    def __init__(self, content):
        self.content = content

"""The words of an HTML mail as plain text. Contract: contract/emails#text-part.

Made from what was rendered, so that a theme that replaces a mail has to write it once only.
"""

import re
from html.parser import HTMLParser
from typing import Final

__all__: list[str] = []

_PARAGRAPHS: Final = frozenset({"p", "ul", "ol", "h1", "h2", "h3", "div", "table", "blockquote"})
_UNREAD: Final = frozenset({"style", "script", "head"})


def text_of(html: str) -> str:
    """Return the text of a mail: paragraphs, lists with dashes, addresses of links in brackets."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in "".join(reader.pieces).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unread = 0
        # Of the open link: its address, and where its text began.
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in _UNREAD
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in ("br", "tr"):
            self.pieces.append("\n")
        elif tag == "a":
            self._link = (dict(attrs).get("href") or "", len(self.pieces))

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in _UNREAD
        if tag in _PARAGRAPHS:
            self.pieces.append("\n\n")
        elif tag == "a" and self._link is not None:
            address, began = self._link
            self._link = None
            words = "".join(self.pieces[began:]).strip()
            # "mailto:" says nothing to a reader.
            if address and address.removeprefix("mailto:") != words:
                self.pieces.append(f" ({address.removeprefix('mailto:')})")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.pieces.append(re.sub(r"\s+", " ", data))

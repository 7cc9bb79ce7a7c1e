"""Form widgets."""

from typing import Any

from django import forms

from seb_openedx.constants import SEPARATOR_CHAR


class ListWidget(forms.Widget):
    """A text area with one item of a comma-joined value per line."""

    template_name = "widgets/list_widget.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return name and items; ``""`` instead of items for what is not a text."""
        widget: dict[str, Any] = {"name": name, "value": value.split(SEPARATOR_CHAR) if isinstance(value, str) else ""}
        built = self.build_attrs(self.attrs, attrs)
        if built:
            widget["attrs"] = built
        return {"widget": widget}

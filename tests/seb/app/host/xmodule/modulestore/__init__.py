"""The store's constants."""


class ModuleStoreEnum:
    """Names of branches."""

    class Branch:
        """Draft first, or published only."""

        draft_preferred = "draft-preferred"

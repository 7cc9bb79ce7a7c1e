"""Defaults for every host process. Contract: contract/host-integration#settings-functions."""

from typing import Any, Final

_MODELS: Final = (
    "proctored_exam_allowance_model",
    "proctored_exam_attempt_model",
    "proctored_exam_bulk_allowance_model",
    "proctored_exam_model",
    "learner_onboarding_model",
)
_COLLECTIONS: Final = (
    "proctored_exam_allowance_collection",
    "proctored_exam_attempt_grouped_collection",
    "proctored_exam_onboarding_collection",
    "proctored_exam_collection",
)
_VIEWS: Final = (
    "Backbone.ModalDialog",
    "proctored_exam_add_bulk_allowance_view",
    "proctored_exam_allowance_view",
    "proctored_exam_attempt_view",
    "proctored_exam_edit_allowance_view",
    "proctored_exam_onboarding_view",
    "proctored_exam_view",
    "proctored_exam_info",
    "proctored_exam_instructor_launch",
)
# Added names come last: hosts rely on the order of the others.
_PAGE: Final = ("proctored_app", "exam_action_handler", "dropdown", "desk_loader")


def _bundle() -> dict[str, Any]:
    """Return the pipeline group, files in the order in which they run (contract/staff-tab#bundle)."""
    return {
        "source_filenames": [
            *(f"proctoring/js/models/{name}.js" for name in _MODELS),
            *(f"proctoring/js/collections/{name}.js" for name in _COLLECTIONS),
            *(f"proctoring/js/views/{name}.js" for name in _VIEWS),
            *(f"proctoring/js/{name}.js" for name in _PAGE),
        ],
        "output_filename": "js/lms-proctoring.js",
    }


def plugin_settings(settings: Any) -> None:
    """Add this app's defaults to the host's settings.

    ``settings``: the host's settings *module*, still executing. Values that the host sets later take precedence.
    """
    settings.PROCTORING_SETTINGS = {}
    settings.PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
    pipeline = getattr(settings, "PIPELINE", None)
    if pipeline is not None:
        # Pages of the LMS load this group by name, and fail if it does not exist.
        pipeline.setdefault("JAVASCRIPT", {})["proctoring"] = _bundle()
    elif getattr(settings, "PIPELINE_JS", None) is not None:
        settings.PIPELINE_JS["proctoring"] = _bundle()

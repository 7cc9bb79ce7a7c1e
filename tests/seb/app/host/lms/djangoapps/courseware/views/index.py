"""The legacy courseware page."""

from django.http import HttpResponse
from django.views import View


class CoursewareIndex(View):
    """Shows a fragment, as the platform's page does."""

    @classmethod
    def as_view(cls, **initkwargs):
        # The platform's decorators leave the class's name on the view function.
        view = super().as_view(**initkwargs)
        view.__name__ = "CoursewareIndex"
        return view

    def get(self, request, *args, **kwargs):
        context = self._create_courseware_context(request)
        return HttpResponse(f"courseware page: {context['fragment'].content}")

    def _create_courseware_context(self, request):
        class Content:
            content = "content"

        return {"fragment": Content()}

"""A theme of 6.1.4 that replaces one template. The module has a demo of its own, which uses the theme.

Contract: contract/exam-buttons#theme-globals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from .conftest import NewDemo
from .demo_process import Demo
from .people import FINAL, MIDTERM, Learner

# Written for this test, with the names, classes and data attributes that such themes rely on.
CONFIRM_DECLINE = """
<div class="proctored-exam skip-confirm-wrapper warning hidden" data-exam-id="{{ exam_id }}">
  <h2>Sure about that?</h2>
  <button type="button" class="exam-action-button proctored-exam-skip-confirm-button" data-exam-id="{{ exam_id }}"
          data-ajax-url="{{ enter_exam_endpoint }}">Leave proctoring</button>
  <button type="button" class="exam-action-button proctored-exam-skip-cancel-button">Back</button>
  <script type="text/javascript">
    (function() {
      var confirm = '.proctored-exam-skip-confirm-button';
      $(confirm).click(function(event) {
        event.preventDefault();
        if (inProcess) { return; }
        inProcess = true;
        disableClickEvent(confirm);
        startProctoredExam(confirm, $(this).data('exam-id'), $(this).data('ajax-url'), true, false);
      });
      $('.proctored-exam-skip-cancel-button').click(function() {
        enableClickEvent(confirm);
        $('.proctored-exam.skip-confirm-wrapper').addClass('hidden');
        $('.proctored-exam.entrance').removeClass('hidden');
      });
    }());
  </script>
</div>
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, new_demo: NewDemo) -> Iterator[Demo]:
    """A demo with the theme."""
    folder = tmp_path_factory.mktemp("theme")
    template = folder / "theme" / "proctored_exam" / "confirm-decline.html"
    template.parent.mkdir(parents=True)
    template.write_text(CONFIRM_DECLINE, "utf-8")
    with new_demo(folder, configure=lambda provider: {"DEMO_THEME_DIR": str(folder / "theme")}) as demo:
        yield demo


@pytest.mark.contract("exam-buttons#theme-globals")
def test_both_buttons_of_a_replaced_opt_out_question_work(new_learner: Callable[[], Learner]) -> None:
    learner = new_learner()
    learner.open_exam(MIDTERM)
    learner.press("Take this exam without proctoring.")
    learner.heading("Sure about that?")
    learner.press("Back")
    learner.heading("This exam is proctored")
    learner.press("Take this exam without proctoring.")

    # The server fails once; the same button works afterwards.
    learner.page.route("**/proctored_exam/attempt", lambda route: route.fulfill(status=503), times=1)
    learner.press("Leave proctoring")
    alert = learner.page.get_by_role("alert").filter(has_text="The service does not answer at the moment.")
    expect(alert).to_be_visible()
    learner.press("Leave proctoring")
    expect(learner.questions.get_by_role("button", name="Submit").first).to_be_visible()

    attempts = learner.demo.attempts(learner.username)
    assert {attempt["proctored_exam"]["exam_name"]: attempt["status"] for attempt in attempts} == {
        MIDTERM: "declined",
        FINAL: "declined",
    }

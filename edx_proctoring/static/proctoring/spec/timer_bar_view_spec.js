describe('The timer bar', function() {
    'use strict';

    const bar = useTimerBar();
    const exam = window.edx.courseware.proctored_exam;

    // @contract timer#bundle timer#start
    it('does nothing on a page without its element', function() {
        bar.view = new exam.ProctoredExamView({
            el: $('.nowhere'), proctored_template: '#nothing', model: new ProctoredExamModel()
        });
        expect(bar.view.render()).toBe(bar.view);
        expect(bar.server.requests.length).toBe(0);
    });

    // @contract timer#draw
    it('shows a link to the exam', function() {
        const view = bar.show();
        expect(view.$('a').attr('href')).toBe('/the/exam');
        expect(view.$('a').text()).toBe('Midterm');
        expect(bar.digits()).toBe('0:00:45');
    });

    it('escapes the name of the exam', function() {
        expect(bar.show({exam_display_name: '<img src=x>'}).$('img').length).toBe(0);
    });

    it('shows nothing and sends no further request when no exam is running', function() {
        expect(bar.show({in_timed_exam: false}).$el.html()).toBe('');
        jasmine.clock().tick(120000);
        expect(bar.server.requests.length).toBe(1);
    });

    // @contract timer#one-clock
    it('keeps one timer when the model changes again', function() {
        const view = bar.show({time_remaining_seconds: 600});
        view.model.set('exam_display_name', 'Other name');
        view.render();
        jasmine.clock().tick(10000);
        expect(view.timerTick).toBeLessThan(20);
        expect(view.secondsLeft).toBe(590);
    });

    // @contract timer#one-clock
    it('does not set the clock back when it is drawn again', function() {
        const view = bar.show({time_remaining_seconds: 600});
        view.secondsLeft = 100;
        view.render();
        expect(view.secondsLeft).toBe(100);
    });

    it('works with the attributes of its model before the server has answered', function() {
        const view = bar.create(bar.attempt());
        view.render();
        bar.spyOnEndExam();
        view.secondsLeft = -10;
        view.updateRemainingTime();
        expect(exam.endExam).toHaveBeenCalled();
    });

    // @contract browser-worker#address
    it('configures the worker that the server names, unless a page has configured one before', function() {
        const view = bar.show({desktop_application_js_url: 'http://provider/first.js'});
        expect(exam.configuredWorkerURL).toBe('http://provider/first.js');
        view.model.set('desktop_application_js_url', 'http://provider/second.js');
        expect(exam.configuredWorkerURL).toBe('http://provider/first.js');
    });
});

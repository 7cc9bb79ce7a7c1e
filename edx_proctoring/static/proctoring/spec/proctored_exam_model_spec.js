describe('ProctoredExamModel', function() {
    'use strict';

    // @contract timer#model
    it('has the address of the attempts as text', function() {
        expect(new ProctoredExamModel().url).toBe('/api/edx_proctoring/v1/proctored_exam/attempt');
    });

    [
        {left: 0, text: '0:00:00', name: 'zero'},
        {left: -7, text: '0:00:00', name: 'a negative number'},
        {left: 59.4, text: '0:00:59', name: 'a fraction of a second'},
        {left: 60, text: '0:01:00', name: 'a minute'},
        {left: 5400, text: '1:30:00', name: 'an hour and a half'},
        {left: 36000, text: '10:00:00', name: 'ten hours'}
    ].forEach(function(example) {
        // @contract timer#format
        it('formats ' + example.name + ' as ' + example.text, function() {
            expect(new ProctoredExamModel().getFormattedRemainingTime(example.left)).toBe(example.text);
        });
    });

    [
        {left: 31, state: null},
        {left: 30, state: 'warning'},
        {left: 16, state: 'warning'},
        {left: 15, state: 'critical'},
        {left: -1, state: 'critical'}
    ].forEach(function(example) {
        // @contract timer#state
        it('is in state ' + example.state + ' with ' + example.left + ' seconds left and thresholds 30 and 15', function() {
            var model = new ProctoredExamModel({low_threshold_sec: 30, critically_low_threshold_sec: 15});
            expect(model.getRemainingTimeState(example.left)).toBe(example.state);
        });
    });
});

describe('The namespace edx.courseware.proctored_exam', function() {
    'use strict';

    // @contract timer#global-names
    it('has the names that outside code calls and replaces', function() {
        [
            'ProctoredExamView', 'ProctoredExamInfo', 'updateStatusHandler', 'examStartHandler', 'examEndHandler',
            'checkExamAttemptStatus', 'endExam', 'pingApplication', 'accessibleError'
        ].forEach(function(name) {
            expect(typeof window.edx.courseware.proctored_exam[name]).withContext(name).toBe('function');
        });
        expect(typeof window.ProctoredExamModel).toBe('function');
        expect(typeof window.LearnerOnboardingModel).toBe('function');
    });
});

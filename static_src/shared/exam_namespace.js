/**
 * `edx.courseware.proctored_exam`, the object that the learner's scripts share.
 *
 * Public functions are called through it, so that hosts and specs can replace one.
 */
/* exported exam */

var exam;

window.edx = window.edx || {};
window.edx.courseware = window.edx.courseware || {};
exam = window.edx.courseware.proctored_exam = window.edx.courseware.proctored_exam || {};

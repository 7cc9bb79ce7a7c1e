/** `edx.instructor_dashboard.proctoring`, which the allowance model, the first script of the bundle, creates. */
/* exported proctoring */

var proctoring = window.edx.instructor_dashboard.proctoring;

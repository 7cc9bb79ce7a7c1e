/**
 * `edx.instructor_dashboard.proctoring.desk`, which the scripts of the exam desk share. Contract: contract/staff-desk.
 *
 * `desk.panels`: panel name → class, filled by the files in `panels/`.
 */
/* exported proctoring, desk */

var proctoring = window.edx.instructor_dashboard.proctoring;
var desk = proctoring.desk = proctoring.desk || {panels: {}};

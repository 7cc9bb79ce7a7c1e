/** The button of panels with which an exam goes on without its provider. Contract: contract/staff-desk#outage. */
/* global desk -- desk/namespace.js, desk/panel_list.js */

/** A tool of a panel. Its label says what the dialog is about: where an outage is in force, its end is changed. */
desk.outageTool = function(context, exam, name) {
    var isInForce = _.some(context.settings.outages, function(outage) { return outage.exam_id === exam.id && outage.measure; });
    return {
        name: name,
        label: isInForce
            ? desk.words.fill(gettext('Change the end of the outage in %(exam)s'), {exam: exam.name})
            : gettext('Continue without the provider'),
        run: function() {
            desk.need(context, 'dialogs/outage', function() { desk.startOutage(context, exam, context.outageChanged); });
        }
    };
};

/**
 * The panels of the desk in their order, and the scripts that are fetched when they are first needed.
 * Contract: contract/staff-desk#files.
 *
 * A panel: `name`; `title()`; `isAvailable(settings)`, if not every course and person has it (`settings`: the reply of
 * `courses/<id>/desk`); `count(counts)`, if something waits there; `uses`, scripts besides its own `panels/<name>`.
 */
/* global proctoring, desk -- desk/namespace.js, desk/templates.js */

desk.panelList = [
    {name: 'overview', title: function() { return gettext('Overview'); }, uses: ['charts']},
    {name: 'live', title: function() { return gettext('Live'); }, uses: ['attempt']},
    {name: 'attempts', title: function() { return gettext('Attempts'); }, uses: ['attempt']},
    {name: 'allowances', title: function() { return gettext('Allowances'); }, uses: ['attempt']},
    {
        name: 'reviews', title: function() { return gettext('Reviews'); }, uses: ['attempt'],
        count: function(counts) { return counts.open_reviews; }
    },
    {name: 'inbox', title: function() { return gettext('Received reviews'); }},
    {
        name: 'outage', title: function() { return gettext('Outage'); }, uses: ['attempt'],
        isAvailable: function(settings) { return _.some(settings.exams, function(exam) { return exam.type === 'proctored'; }); },
        count: function(counts) { return counts.undecided; }
    },
    {
        name: 'onboarding', title: function() { return gettext('Onboarding'); },
        isAvailable: function(settings) { return settings.features.onboarding; }
    },
    {
        name: 'problems', title: function() { return gettext('Problems'); }, uses: ['effects'],
        count: function(counts) { return counts.effects; }
    },
    {name: 'readiness', title: function() { return gettext('Readiness'); }},
    {name: 'jobs', title: function() { return gettext('Jobs'); }, uses: ['attempt']}
];

// Templates of the scripts that are fetched later, by script.
var TEMPLATES_OF = {
    attempt: ['job'],
    drawer: ['drawer', 'drawer_sections', 'section'],
    outage: ['outages'],
    charts: ['chart'],
    'panels/overview': ['overview'],
    'panels/live': ['live', 'live_choose']
};

function isHere(script) {
    var shared = {
        attempt: desk.attemptActions, effects: desk.effectActions, charts: desk.charts, drawer: desk.Drawer, outage: desk.OutageBanners, 'dialogs/outage': desk.startOutage, 'dialogs/extend_many': desk.extendMany,
        'dialogs/allowances_file': desk.allowancesFile, 'dialogs/shortcuts': desk.shortcutsDialog
    };
    return Boolean(_.has(shared, script) ? shared[script] : desk.panels[script.replace('panels/', '')]);
}

desk.panelNamed = function(name) {
    return _.findWhere(desk.panelList, {name: name});
};

/** Fetch scripts with their templates, where they are not here yet. Resolved when all are. */
desk.load = function(scripts) {
    var templates = _.flatten(_.map(scripts, function(script) { return TEMPLATES_OF[script] || []; }));
    var missing = _.reject(scripts, isHere);
    return $.when(missing.length ? proctoring.loadDeskScripts(missing) : null, desk.templates.load(templates));
};

desk.loadPanel = function(name) {
    return desk.load((desk.panelNamed(name).uses || []).concat('panels/' + name));
};

/** Run something that needs a script, when that is here; if it does not come, say so and offer to try again. */
desk.need = function(context, script, run) {
    context.complain('');
    desk.load([script]).done(run).fail(function() {
        context.complain(gettext('This part of the exam desk could not be loaded.'), function() {
            desk.need(context, script, run);
        });
    });
};

/** The drawer's section with all that happened to the attempt, the newest first. Contract: contract/staff-desk#drawer. */
/* global desk -- desk/namespace.js, desk/drawer.js */

/** The groups of entries that a person can choose; each kind of entry is in one. */
var GROUPS = {
    created: 'status', status: 'status', removed: 'status', resume: 'status',
    extension: 'time', pause: 'time', 'continue': 'time', allowance: 'time', outage: 'time',
    review_received: 'review', review_decided: 'review', effect: 'effect', note: 'note', help: 'note', admission: 'note'
};

function groupLabels() {
    return {
        status: gettext('Status'), time: gettext('Time'), review: gettext('Reviews'),
        effect: gettext('What was not delivered'), note: gettext('Notes and requests')
    };
}

function entryText(entry) {
    var words = desk.words;
    var data = entry.data;
    var texts = {
        resume: gettext('Released: the learner may resume'),
        removed: gettext('Removed'),
        pause: gettext('Paused'),
        'continue': gettext('Continued'),
        allowance: gettext('Allowance changed'),
        outage: gettext('Outage of the provider'),
        review_decided: gettext('Review decided'),
        note: data.outcome ? gettext('Note retracted') : gettext('Note'),
        help: data.outcome ? gettext('Request for help answered') : gettext('Request for help'),
        admission: data.outcome ? gettext('Left the waiting room') : gettext('Waiting to be admitted')
    };
    switch (entry.kind) {
    case 'created':
        return words.fill(gettext('Started as: %(status)s'), {status: words.status(data.to)});
    case 'status':
        return words.fill(gettext('%(before)s → %(after)s'), {before: words.status(data.from), after: words.status(data.to)});
    case 'extension':
        return words.fill(gettext('Time limit changed to %(limit)s'), {limit: words.minutes(data.limit)});
    case 'review_received':
        return words.fill(gettext('Review received: %(outcome)s'), {outcome: words.reviewOutcome(data.outcome)});
    case 'effect':
        return words.fill(
            data.state === 'failed' ? gettext('%(what)s: given up') : gettext('%(what)s: not delivered yet'),
            {what: words.effectKind(data.kind)}
        );
    default:
        return texts[entry.kind] || entry.kind;
    }
}

desk.sections.push({
    name: 'timeline',
    title: function() { return gettext('Timeline'); },
    isFor: function() { return true; },
    path: function(attempt) { return 'attempts/' + attempt.id + '/history'; },

    view: function(reply) {
        var words = desk.words;
        var labels = groupLabels();
        var present = _.uniq(_.map(reply.entries, function(entry) { return GROUPS[entry.kind]; }));
        return {
            sentences: reply.is_more ? [gettext('There is more than is shown: these are the first entries.')] : [],
            choices: _.map(_.filter(_.keys(labels), function(group) { return _.contains(present, group); }), function(group) {
                return {value: group, label: labels[group]};
            }),
            items: _.map(reply.entries.slice().reverse(), function(entry) {
                return {
                    group: GROUPS[entry.kind],
                    head: words.fullMoment(entry.at),
                    lines: [
                        {text: entryText(entry), tone: entry.kind === 'effect' ? 'attention' : ''},
                        entry.text,
                        entry.actor && {text: words.fill(gettext('by %(name)s'), {name: entry.actor.username}), tone: 'muted'}
                    ]
                };
            })
        };
    }
});

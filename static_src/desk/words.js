/** Words and moments for people. */
/* global proctoring, desk -- desk/namespace.js */

// Django's digits and calendar, as in the rest of the page: Persian would get those of Iran.
var DJANGO = {calendar: 'gregory', numberingSystem: 'latn'};

function formatted(value, options) {
    var moment = value ? new Date(value) : null;
    options = _.extend({}, DJANGO, options);
    if (!moment || isNaN(moment.getTime())) {
        return '';
    }
    try {
        return new window.Intl.DateTimeFormat(document.documentElement.lang || undefined, options).format(moment);
    } catch (error) {
        // The page's language tag is not one that Intl accepts.
        return new window.Intl.DateTimeFormat(undefined, options).format(moment);
    }
}

desk.words = {
    /** Fill the named places of a translated sentence. */
    fill: proctoring.fill,

    /** The text without what isolates parts of it: a person may have copied that too. */
    plain: function(text) {
        return text.replace(/[\u2068\u2069]/g, '');
    },

    /** A sentence in which `%(n)s` stands for a number: `n(ngettext('%(n)s row', '%(n)s rows', 3), 3)`. */
    n: function(sentence, n) {
        return interpolate(sentence, {n: desk.words.number(n)}, true);
    },

    number: function(n) {
        try {
            return n.toLocaleString(document.documentElement.lang || undefined, DJANGO);
        } catch (error) {
            return String(n);
        }
    },

    /** A share, 0 to 1, per cent. */
    share: function(share) {
        try {
            return share.toLocaleString(document.documentElement.lang || undefined, _.extend({style: 'percent'}, DJANGO));
        } catch (error) {
            return Math.round(100 * share) + '%';
        }
    },

    /** Date and time in the reader's zone, without its name; '' if there is none. */
    moment: function(value) {
        return formatted(value, {year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit'});
    },

    /** The day in the reader's zone. */
    day: function(value) {
        return formatted(value, {});
    },

    /** The day in UTC of a moment that begins one. */
    utcDay: function(value) {
        return formatted(value, {year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC'});
    },

    /** Date and time with the zone. */
    fullMoment: function(value) {
        return formatted(value, {
            weekday: 'short', year: 'numeric', month: 'short', day: 'numeric',
            hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short'
        });
    },

    /** The time of day with seconds and the zone. */
    clock: function(value) {
        return formatted(value, {hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short'});
    },

    minutes: function(n) {
        return desk.words.n(ngettext('%(n)s minute', '%(n)s minutes', n), n);
    },

    /** Seconds that a running attempt has left now: a reply may be older than what is shown. Who is paused keeps what was left. */
    secondsLeft: function(attempt, now) {
        return attempt.expires_at === null || attempt.time_remaining_seconds === null
            ? attempt.time_remaining_seconds
            : Math.max(0, Math.floor((new Date(attempt.expires_at).getTime() - now) / 1000));
    },

    /** How long something took, in one unit; `milliseconds` below 0 count as 0. */
    age: function(milliseconds) {
        var minutes = Math.max(0, Math.floor(milliseconds / 60000));
        var hours = Math.floor(minutes / 60);
        var days = Math.floor(hours / 24);
        if (minutes < 60) {
            return desk.words.minutes(minutes);
        }
        if (hours < 48) {
            return desk.words.n(ngettext('%(n)s hour', '%(n)s hours', hours), hours);
        }
        return desk.words.n(ngettext('%(n)s day', '%(n)s days', days), days);
    },

    /** A learner's name, '' if it says no more than the username. */
    fullName: function(user) {
        return user.full_name === user.username ? '' : user.full_name;
    },

    status: function(word) {
        return proctoring.ProctoredExamAttemptModel.statusLabel(word);
    },

    examType: function(word) {
        return proctoring.ProctoredExamAttemptModel.typeLabel(word);
    },

    /** Effects that are not delivered yet. */
    effectKind: function(word) {
        var labels = {
            provider: gettext('Message to the provider'),
            credit: gettext('Credit'),
            grade: gettext('Grade'),
            certificate: gettext('Certificate'),
            mail: gettext('E-mail to the learner'),
            signal: gettext('Message to other apps'),
            instructor: gettext('State of the learner’s answers')
        };
        return labels[word] || word;
    },

    /** Of notes; a site may have categories of its own. */
    noteCategory: function(word) {
        var labels = {
            technical: gettext('Technical problem'),
            identity: gettext('Identity'),
            conduct: gettext('Conduct'),
            material: gettext('Material'),
            environment: gettext('Surroundings'),
            health: gettext('Health'),
            other: gettext('Other'),
            provider: gettext('The provider')
        };
        return labels[word] || word;
    },

    /** What became of a review that came in. */
    reviewOutcome: function(word) {
        var labels = {
            received: gettext('Not processed yet'),
            applied: gettext('Applied'),
            duplicate: gettext('Duplicate'),
            refused: gettext('Refused'),
            held: gettext('Kept for later')
        };
        return labels[word] || word;
    },

    /** How a status is drawn: `good`, `bad`, `busy`, `attention` or `plain`. The word is always there too. */
    tone: function(word) {
        var tones = {
            good: ['verified'],
            bad: ['error', 'rejected', 'timed_out', 'expired', 'onboarding_failed', 'onboarding_expired'],
            busy: ['started', 'ready_to_submit'],
            attention: ['second_review_required', 'onboarding_missing', 'onboarding_pending']
        };
        return _.find(_.keys(tones), function(tone) { return _.contains(tones[tone], word); }) || 'plain';
    }
};

/** What the form of allowances says when a request succeeded for some learners only. */
/* exported isFailed, namesOf, problemLines, rowsOf */

/** The rows of a 207 response, one per learner and exam. A 200 has no body: everything was saved. */
function rowsOf(xhr) {
    return xhr.status === 207 ? JSON.parse(xhr.responseText) : [];
}

function isFailed(row) {
    return row.status === 'failed' || row.success === false;
}

function namesOf(rows) {
    return _.uniq(_.pluck(rows, 'user_id'));
}

/** What went wrong, each problem once; an error text that names the learner needs no name before it. */
function problemLines(failed) {
    var byProblem = _.groupBy(failed, function(row) { return row.error || gettext('not saved'); });
    return _.map(byProblem, function(rows, problem) {
        var names = namesOf(rows);
        var isNamed = names.length === 1 && problem.indexOf(names[0]) !== -1;
        return isNamed ? problem : names.join(', ') + ': ' + problem;
    });
}

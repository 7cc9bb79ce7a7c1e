/** Sentences with names of people and exams, which may be written in the other direction. Contract: contract/staff-tab#direction. */
/* global proctoring -- staff_panels/namespace.js */

// Letters from Hebrew to the last block of Arabic, and their presentation forms; letters of all other scripts.
var RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
var LEFT_TO_RIGHT = /[A-Za-z\u00c0-\u02b8\u0370-\u058f\u0904-\u1fff\u2c00-\ud7ff]/;

/** A text as a sentence of the other direction needs it: isolated, so that its signs and digits stay where they belong. */
function isolated(value, isRightToLeft) {
    var text = String(value);
    return (isRightToLeft ? LEFT_TO_RIGHT : RIGHT_TO_LEFT).test(text) ? '\u2068' + text + '\u2069' : text;
}

/** Fill the named places of a translated sentence. */
proctoring.fill = function(sentence, values) {
    var isRightToLeft = RIGHT_TO_LEFT.test(sentence);
    return interpolate(sentence, _.object(_.map(values, function(value, name) {
        return [name, isolated(value, isRightToLeft)];
    })), true);
};

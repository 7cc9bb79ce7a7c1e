#!/usr/bin/env node
/*
 * Builds the published scripts that are written as several files in static_src/.
 *
 *   node tools/build-static.js          write them
 *   node tools/build-static.js --check  write nothing; fail if one of them is stale
 *
 * Hosts list the published scripts by name and load them as classic ES5 scripts, which cannot import modules. So the
 * parts of a script are put one after the other into one function, in the order below; what they declare is private to
 * the script. eslint checks the parts and the result: a name that no part declares, or that no part uses, is an error.
 */
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..');
const SOURCES = path.join(ROOT, 'static_src');
const PUBLISHED = path.join(ROOT, 'edx_proctoring', 'static', 'proctoring', 'js');
const SCRIPTS = {
    'views/proctored_exam_view.js': [
        'shared/exam_namespace', 'shared/limits', 'shared/reason_text', 'timer_bar/exam_over', 'timer_bar/keep_trying',
        'timer_bar/countdown', 'timer_bar/ticks', 'timer_bar/time_display', 'timer_bar/messages', 'timer_bar/layout',
        'timer_bar/polling', 'timer_bar/ping', 'timer_bar/leaving', 'timer_bar/view'
    ],
    'exam_action_handler.js': [
        'shared/exam_namespace', 'shared/limits', 'shared/reason_text', 'exam_actions/failure_text', 'exam_actions/messages',
        'exam_actions/error_dialog', 'exam_actions/button', 'exam_actions/page', 'exam_actions/worker',
        'exam_actions/change_status', 'exam_actions/start_exam', 'exam_actions/end_exam', 'exam_actions/enter_exam',
        'exam_actions/theme_globals', 'exam_actions/set_up', 'exam_actions/copy_code', 'exam_actions/local_times'
    ],
    'views/proctored_exam_add_bulk_allowance_view.js': [
        'staff_panels/namespace', 'staff_panels/bulk_failures', 'staff_panels/allowance_form', 'staff_panels/add_bulk_allowance'
    ],
    'views/proctored_exam_allowance_view.js': [
        'staff_panels/namespace', 'staff_panels/staff_panel', 'staff_panels/requests', 'staff_panels/allowance_list'
    ]
};
const HEADER = `/* Built by tools/build-static.js from the files named below in static_src/: edit those, then \`npm run build\`. */
(function($, _, Backbone) {
    'use strict';
`;
const FOOTER = '}(window.jQuery, window._, window.Backbone));\n';
// For eslint, which reads the parts one by one: what a part takes from others (`global`) and offers to them (`exported`).
const LINTER_COMMENT = /^\/\* (?:global|exported) .*\*\/\n/gm;

function part(name) {
    const source = fs.readFileSync(path.join(SOURCES, `${name}.js`), 'utf8').replace(LINTER_COMMENT, '');
    return `\n// --- ${name}.js\n\n${source.trim()}\n`.replace(/^(?=.)/gm, '    ');
}

function build(parts) {
    return HEADER + parts.map(part).join('') + FOOTER;
}

/** The published scripts that differ from their sources, as paths below the repository; `write` updates them. */
function stale({write = false} = {}) {
    return Object.entries(SCRIPTS).flatMap(([name, parts]) => {
        const file = path.join(PUBLISHED, name);
        const text = build(parts);
        if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) {
            return [];
        }
        if (write) {
            fs.writeFileSync(file, text);
        }
        return [path.relative(ROOT, file)];
    });
}

function main() {
    const check = process.argv.includes('--check');
    const files = stale({write: !check});
    files.forEach((file) => console.log(`${check ? 'stale' : 'built'}: ${file}`));
    if (check && files.length) {
        console.error('Run `npm run build` and commit the result.');
        process.exitCode = 1;
    }
}

module.exports = {stale};
if (require.main === module) {
    main();
}

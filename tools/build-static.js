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
 *
 * The scripts of the exam desk are not in the bundle that hosts minify, so they are minified here.
 */
const fs = require('node:fs');
const path = require('node:path');
const {ESLint} = require('eslint');
const {minify_sync: minify} = require('terser');

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
        'staff_panels/namespace', 'staff_panels/fill', 'staff_panels/bulk_failures', 'staff_panels/allowance_form', 'staff_panels/add_bulk_allowance'
    ],
    'views/proctored_exam_allowance_view.js': [
        'staff_panels/namespace', 'staff_panels/staff_panel', 'staff_panels/requests', 'staff_panels/allowance_list'
    ],
    'desk_loader.js': ['staff_panels/namespace', 'desk_loader/loader'],
    // The exam desk, which the loader fetches where it is on, in this order.
    'desk/store.js': [
        'desk/namespace', 'desk/address', 'desk/store', 'desk/preferences', 'desk/selection'
    ],
    'desk/client.js': ['desk/namespace', 'desk/client'],
    'desk/table.js': ['desk/namespace', 'desk/words', 'desk/templates', 'desk/filters', 'desk/menu'],
    'desk/dialog.js': ['desk/namespace', 'desk/dialog', 'desk/form_dialog'],
    'desk/panels.js': ['desk/namespace', 'desk/panel_list', 'desk/panel', 'desk/list_panel'],
    'desk/desk.js': ['desk/namespace', 'desk/shortcuts', 'desk/desk'],
    // What the desk fetches when it is first needed (static_src/desk/panel_list.js).
    'desk/attempt.js': [
        'desk/namespace', 'desk/attempt_actions', 'desk/extend_attempt', 'desk/end_attempt', 'desk/attempt_notes', 'desk/job_flow', 'desk/reset_and_resume', 'desk/decide_review',
        'desk/outage_button'
    ],
    'desk/charts.js': ['desk/namespace', 'desk/charts'],
    'desk/effects.js': ['desk/namespace', 'desk/effect_actions'],
    'desk/drawer.js': [
        'desk/namespace', 'desk/drawer', 'desk/sections/now', 'desk/sections/deadline', 'desk/sections/timeline',
        'desk/sections/effects', 'desk/sections/notes', 'desk/sections/review', 'desk/sections/other_attempts'
    ],
    'desk/outage.js': ['desk/namespace', 'desk/outage_banners'],
    ...Object.fromEntries(['dialogs', 'panels'].flatMap((folder) => fs.readdirSync(path.join(SOURCES, 'desk', folder)).sort().map((file) => (
        [`desk/${folder}/${file}`, ['desk/namespace', `desk/${folder}/${path.parse(file).name}`]]
    ))))
};
const HEADER = '/* Built by tools/build-static.js from the files named below in static_src/: edit those, then `npm run build`. */\n';
// For eslint, which reads the parts one by one: what a part takes from others (`global`) and offers to them (`exported`).
const LINTER_COMMENT = /^\/\* (?:global|exported) .*\*\/\n/gm;

function part(name) {
    const source = fs.readFileSync(path.join(SOURCES, `${name}.js`), 'utf8').replace(LINTER_COMMENT, '');
    return `\n// --- ${name}.js\n\n${source.trim()}\n`.replace(/^(?=.)/gm, '    ');
}

function joined(parts) {
    const text = parts.map(part).join('');
    // Up to the last one that is used: not every script makes a view.
    const all = [['$', 'jQuery', /(^|[^\w.$])\$[.(]/m], ['_', '_', /(^|[^\w.$])_\./m], ['Backbone', 'Backbone', /\bBackbone\./]];
    const libraries = all.slice(0, 1 + all.map(([, , use]) => use.test(text)).lastIndexOf(true));
    return `${HEADER}(function(${libraries.map(([name]) => name).join(', ')}) {\n    'use strict';\n${text}`
        + `}(${libraries.map(([, name]) => `window.${name}`).join(', ')}));\n`;
}

function isMinified(name) {
    return name.startsWith('desk/');
}

function build(name, parts) {
    if (!isMinified(name)) {
        return joined(parts);
    }
    const {code} = minify(joined(parts), {ecma: 5, format: {comments: false, max_line_len: 500}});
    const sources = parts.map((source) => path.relative('desk', source)).join(', ');
    return `/* Built by tools/build-static.js from static_src/desk: ${sources}. */\n${code}\n`;
}

/** What eslint says of the scripts whose published form it cannot read, before they are minified. */
async function lint() {
    const eslint = new ESLint({cwd: ROOT, ignore: false});
    const results = await Promise.all(Object.entries(SCRIPTS).filter(([name]) => isMinified(name)).map(([name, parts]) => (
        eslint.lintText(joined(parts), {filePath: path.join(PUBLISHED, name)})
    )));
    return (await eslint.loadFormatter('stylish')).format(results.flat());
}

/** The published scripts that differ from their sources, as paths below the repository; `write` updates them. */
function stale({write = false} = {}) {
    return Object.entries(SCRIPTS).flatMap(([name, parts]) => {
        const file = path.join(PUBLISHED, name);
        const text = build(name, parts);
        if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) {
            return [];
        }
        if (write) {
            fs.mkdirSync(path.dirname(file), {recursive: true});
            fs.writeFileSync(file, text);
        }
        return [path.relative(ROOT, file)];
    });
}

async function main() {
    const check = process.argv.includes('--check');
    const files = stale({write: !check});
    files.forEach((file) => console.log(`${check ? 'stale' : 'built'}: ${file}`));
    if (check && files.length) {
        console.error('Run `npm run build` and commit the result.');
        process.exitCode = 1;
    }
    const complaints = await lint();
    if (complaints) {
        console.error(complaints);
        process.exitCode = 1;
    }
}

const DESK_SCRIPTS = Object.keys(SCRIPTS).filter(isMinified);

module.exports = {DESK_SCRIPTS, stale};
if (require.main === module) {
    main();
}

#!/usr/bin/env node
/*
 * Runs the browser specs: the package's classic scripts, in the order in which the host's pipeline loads
 * them, inside one jsdom window, with Jasmine in that same window.
 *
 *   node tools/specs.js             all specs
 *   node tools/specs.js attempts    specs whose file name contains "attempts"
 *   SEED=12345 node tools/specs.js  in the order of an earlier run
 *
 * A real browser sees the same scripts in tests/browser; this runner answers in two seconds.
 */
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const {JSDOM, VirtualConsole} = require('jsdom');

const ROOT = path.resolve(__dirname, '..');
const STATIC = path.join(ROOT, 'edx_proctoring', 'static');
const SPECS = path.join(STATIC, 'proctoring', 'spec');

/** The bundle's files, asked from the settings that register it, so that the two cannot drift apart. */
function bundle() {
    const venv = path.join(ROOT, '.venv', 'bin', 'python');
    const question = 'import json; from types import SimpleNamespace as S;'
        + 'from edx_proctoring.settings.common import plugin_settings;'
        + 's = S(PIPELINE={}); plugin_settings(s);'
        + 'print(json.dumps(s.PIPELINE["JAVASCRIPT"]["proctoring"]["source_filenames"]))';
    const answer = execFileSync(fs.existsSync(venv) ? venv : 'python3', ['-c', question], {cwd: ROOT, encoding: 'utf8'});
    return JSON.parse(answer).map((name) => path.join(STATIC, name));
}

function specFiles(filter) {
    return fs.readdirSync(SPECS)
        .filter((name) => name.endsWith('.js') && name.includes(filter))
        .sort()
        .map((name) => path.join(SPECS, name));
}

function main() {
    const filter = process.argv[2] || '';
    const specs = specFiles(filter);
    if (specs.length === 0) {
        console.error(`No spec file in ${path.relative(ROOT, SPECS)} matches "${filter}".`);
        return process.exit(1);
    }

    const problems = [];
    const virtualConsole = new VirtualConsole();
    virtualConsole.forwardTo(console, {jsdomErrors: 'none'});
    virtualConsole.on('jsdomError', (error) => {
        // jsdom has no layout and no navigation; code that scrolls or leaves the page is no fault here.
        if (!/Not implemented/.test(error.message)) {
            problems.push(error.message);
        }
    });
    const dom = new JSDOM('<!doctype html><html lang="en"><head></head><body></body></html>', {
        url: 'http://localhost/courses/a/b/c/instructor',
        runScripts: 'dangerously',
        pretendToBeVisual: true,
        virtualConsole
    });
    const context = dom.getInternalVMContext();
    const load = (file) => new vm.Script(fs.readFileSync(file, 'utf8'), {filename: file}).runInContext(context);
    const npmFile = (...parts) => path.join(ROOT, 'node_modules', ...parts);
    const npm = (...parts) => load(npmFile(...parts));

    // Jasmine, which puts its functions into the window by itself, and what the host brings.
    Object.assign(context, {MessageChannel, structuredClone});  // jsdom has neither, Jasmine needs both
    const boot = dom.window.document.createElement('script');  // as an element: Jasmine asks for `currentScript`
    boot.textContent = fs.readFileSync(npmFile('jasmine-core', 'lib', 'jasmine-core', 'jasmine.js'), 'utf8');
    dom.window.document.head.append(boot);
    npm('jquery', 'dist', 'jquery.js');
    npm('underscore', 'underscore-umd.js');
    npm('backbone', 'backbone.js');
    npm('sinon', 'pkg', 'sinon.js');
    // The npm module runs in a worker: `workerModule(self)` runs it with a worker's scope of the spec's own.
    context.workerModule = new vm.Script(
        '(function(self) {\n'
        + fs.readFileSync(path.join(STATIC, 'index.js'), 'utf8')
            .replace('export function handlerWrapper', 'function handlerWrapper')
            .replace('export default handlerWrapper;', 'return handlerWrapper;')
        + '\n})',
        {filename: path.join(STATIC, 'index.js')}
    ).runInContext(context);
    context.templateNames = fs.readdirSync(path.join(STATIC, 'proctoring', 'templates'));
    // The real templates, so that a spec sees what a person would see.
    context.templateSource = (name) => fs.readFileSync(path.join(STATIC, 'proctoring', 'templates', name), 'utf8');
    load(path.join(ROOT, 'tools', 'spec-host.js'));

    const scripts = bundle();
    const missing = scripts.filter((file) => !fs.existsSync(file));
    if (missing.length) {
        // The host's pipeline skips a missing file without a word, so this is the place to say it.
        console.error('Listed in the bundle but missing:\n' + missing.map((f) => '  ' + path.relative(ROOT, f)).join('\n'));
        return process.exit(1);
    }
    scripts.forEach(load);
    specs.forEach(load);

    const env = context.jasmine.getEnv();
    env.configure({random: true, seed: process.env.SEED || null});
    env.addReporter({
        specDone(result) {
            if (result.status === 'failed') {
                process.stdout.write(`\nFAILED ${result.fullName}\n`);
                result.failedExpectations.forEach((failure) => {
                    process.stdout.write(`  ${failure.message}\n${failure.stack || ''}\n`);
                });
            } else {
                process.stdout.write(result.status === 'passed' ? '.' : result.status[0]);
            }
            this.counts = this.counts || {};
            this.counts[result.status] = (this.counts[result.status] || 0) + 1;
        },
        jasmineDone(result) {
            const counts = Object.entries(this.counts || {}).map(([status, count]) => `${count} ${status}`).join(', ');
            process.stdout.write(`\nspecs: ${counts || 'none'} (seed ${result.order && result.order.seed})\n`);
            (result.failedExpectations || []).forEach((failure) => process.stdout.write(`  ${failure.message}\n`));
            problems.forEach((problem) => process.stdout.write(`  script error: ${problem}\n`));
            dom.window.close();
            process.exit(result.overallStatus === 'passed' && !problems.length ? 0 : 1);
        }
    });
    return env.execute();
}

main();

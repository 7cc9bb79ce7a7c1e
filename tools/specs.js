#!/usr/bin/env node
/*
 * Runs the browser specs: the published scripts, in the order in which the host's pipeline loads them, inside one
 * jsdom window, with Jasmine in that same window.
 *
 *   node tools/specs.js             all specs
 *   node tools/specs.js attempts    specs whose file name contains "attempts"
 *   SEED=12345 node tools/specs.js  in the order of an earlier run
 *
 * tests/browser runs the same scripts in a real browser; this runner takes a few seconds.
 */
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const {Linter} = require('eslint');
const {JSDOM, VirtualConsole} = require('jsdom');
const {DESK_SCRIPTS, stale} = require('./build-static.js');

const ROOT = path.resolve(__dirname, '..');
const STATIC = path.join(ROOT, 'edx_proctoring', 'static');
const SPECS = path.join(STATIC, 'proctoring', 'spec');

/** The bundle's files, read from the settings that register it, so that the two cannot differ. */
function bundle() {
    const venv = path.join(ROOT, '.venv', 'bin', 'python');
    const program = 'import json; from types import SimpleNamespace as S;'
        + 'from edx_proctoring.settings.common import plugin_settings;'
        + 's = S(PIPELINE={}); plugin_settings(s);'
        + 'print(json.dumps(s.PIPELINE["JAVASCRIPT"]["proctoring"]["source_filenames"]))';
    const output = execFileSync(fs.existsSync(venv) ? venv : 'python3', ['-c', program], {cwd: ROOT, encoding: 'utf8'});
    return JSON.parse(output).map((name) => path.join(STATIC, name));
}

function scriptsIn(folder, filter = '') {
    return fs.readdirSync(folder)
        .filter((name) => name.endsWith('.js') && name.includes(filter))
        .sort()
        .map((name) => path.join(folder, name));
}

function main() {
    const filter = process.argv[2] || '';
    const specs = scriptsIn(SPECS, filter);
    if (specs.length === 0) {
        console.error(`No spec file in ${path.relative(ROOT, SPECS)} matches "${filter}".`);
        return process.exit(1);
    }

    if (stale().length) {
        console.error('The published scripts are older than static_src/: run `npm run build` first.');
        return process.exit(1);
    }

    const problems = [];
    const virtualConsole = new VirtualConsole();
    virtualConsole.forwardTo(console, {jsdomErrors: 'none'});
    virtualConsole.on('jsdomError', (error) => {
        // jsdom has neither layout nor navigation, so scrolling or leaving the page is not an error here.
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

    // Jasmine, which defines its functions in the window, and the host's libraries.
    Object.assign(context, {MessageChannel, structuredClone});  // jsdom has neither, Jasmine needs both
    const boot = dom.window.document.createElement('script');  // as an element: Jasmine reads `currentScript`
    boot.textContent = fs.readFileSync(npmFile('jasmine-core', 'lib', 'jasmine-core', 'jasmine.js'), 'utf8');
    dom.window.document.head.append(boot);
    npm('jquery', 'dist', 'jquery.js');
    npm('underscore', 'underscore-umd.js');
    npm('backbone', 'backbone.js');
    npm('sinon', 'pkg', 'sinon.js');
    // The npm module runs in a worker: `workerModule(self)` runs it with the scope that a spec passes.
    context.workerModule = new vm.Script(
        '(function(self) {\n'
        + fs.readFileSync(path.join(STATIC, 'index.js'), 'utf8')
            .replace('export function handlerWrapper', 'function handlerWrapper')
            .replace('export default handlerWrapper;', 'return handlerWrapper;')
        + '\n})',
        {filename: path.join(STATIC, 'index.js')}
    ).runInContext(context);
    context.templateNames = fs.readdirSync(path.join(STATIC, 'proctoring', 'templates'), {recursive: true})
        .filter((name) => name.endsWith('.underscore'));
    // The real templates, so that specs see the same page as users.
    context.templateSource = (name) => fs.readFileSync(path.join(STATIC, 'proctoring', 'templates', name), 'utf8');
    load(path.join(ROOT, 'tools', 'spec-host.js'));

    const scripts = bundle();
    const missing = scripts.filter((file) => !fs.existsSync(file));
    if (missing.length) {
        // The host's pipeline silently skips missing files.
        console.error('Listed in the bundle but missing:\n' + missing.map((f) => '  ' + path.relative(ROOT, f)).join('\n'));
        return process.exit(1);
    }
    // The bundle's scripts as text, for specs about how they are written and loaded.
    context.bundleNames = scripts.map((file) => path.relative(path.join(STATIC, 'proctoring', 'js'), file));
    context.scriptSource = (name) => fs.readFileSync(path.join(STATIC, 'proctoring', 'js', name), 'utf8');
    const constructorScripts = path.join(ROOT, 'edx_proctoring', 'constructor', 'static', 'proctoring', 'js', 'constructor');
    context.constructorSource = (name) => fs.readFileSync(path.join(constructorScripts, name), 'utf8');
    context.errorsInES5 = (source) => new Linter()
        .verify(source, [{languageOptions: {ecmaVersion: 5, sourceType: 'script'}}])
        .filter((error) => error.fatal)
        .map((error) => `${error.line}: ${error.message}`);
    context.deskNames = DESK_SCRIPTS;
    scripts.forEach(load);
    // Which the loader fetches, where the desk is on.
    DESK_SCRIPTS.forEach((name) => load(path.join(STATIC, 'proctoring', 'js', name)));
    scriptsIn(path.join(SPECS, 'support')).forEach(load);
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
        suiteDone(result) {
            // Of the suite itself: an exception in it, such as for two specs of one name.
            (result.failedExpectations || []).forEach((failure) => {
                process.stdout.write(`\nFAILED ${result.fullName}\n  ${failure.message}\n`);
            });
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

// The host minifies the bundle as ES5 and loads it as classic scripts (contract/staff-tab#code).
// Tools that run in Node use current JavaScript.
import js from '@eslint/js';
import globals from 'globals';

const es5Script = {
    ecmaVersion: 5,
    sourceType: 'script',
    globals: {
        ...globals.browser,
        $: 'readonly',
        jQuery: 'readonly',
        _: 'readonly',
        Backbone: 'readonly',
        gettext: 'readonly',
        ngettext: 'readonly',
        interpolate: 'readonly',
        Promise: 'readonly',
        // Created by the bundle itself, or by the host before it.
        edx: 'writable',
        accessible_modal: 'readonly',
        ProctoredExamModel: 'readonly',
        LearnerOnboardingModel: 'readonly'
    }
};

export default [
    {
        ignores: [
            '**/node_modules/', '.venv/', '.tox/', '.demo*/', 'htmlcov/', 'docs/_build/', 'build/',
            // Minified; tools/build-static.js has them checked before that.
            'edx_proctoring/static/proctoring/js/desk/',
            'demo/static/vendor/', '**/vendor/', '**/dist/', 'edx_proctoring/locale/', 'edx_proctoring/conf/'
        ]
    },
    js.configs.recommended,
    {
        linterOptions: {reportUnusedDisableDirectives: 'error'},
        rules: {
            eqeqeq: ['error', 'always', {null: 'ignore'}],
            'no-unused-vars': ['error', {args: 'after-used', caughtErrors: 'none'}],
            'no-alert': 'error',
            'no-eval': 'error',
            'no-implied-eval': 'error',
            'no-shadow': 'error',
            'no-use-before-define': ['error', {functions: false}]
        }
    },
    {
        files: ['edx_proctoring/static/proctoring/js/**/*.js', 'seb_openedx/static/**/*.js', 'static_src/**/*.js'],
        languageOptions: es5Script,
        rules: {
            // `var edx = edx || {}` is how a classic script shares a namespace.
            'no-redeclare': ['error', {builtinGlobals: false}],
            'no-undef': 'error'
        }
    },
    {
        // Not part of the bundle, and loaded by browsers that show the vendor's web application.
        files: ['edx_proctoring/constructor/static/**/*.js'],
        languageOptions: {ecmaVersion: 2017, sourceType: 'script', globals: globals.browser}
    },
    {
        // tools/build-static.js passes `_` and `Backbone` to each script; these do not need all.
        files: [
            'edx_proctoring/static/proctoring/js/exam_action_handler.js', 'edx_proctoring/static/proctoring/js/desk_loader.js',
            'edx_proctoring/static/proctoring/js/desk/*.js'
        ],
        rules: {'no-unused-vars': ['error', {args: 'none', caughtErrors: 'none'}]}
    },
    {
        // Specs run in jsdom only, so they may use current syntax.
        files: ['edx_proctoring/static/proctoring/spec/**/*.js', 'tools/spec-host.js'],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: 'script',
            globals: {
                ...es5Script.globals, ...globals.jasmine, sinon: 'readonly', setFixtures: 'readonly',
                templateSource: 'readonly', templateNames: 'readonly', workerModule: 'readonly',
                bundleNames: 'readonly', deskNames: 'readonly', scriptSource: 'readonly', errorsInES5: 'readonly',
                // Helpers in tools/spec-host.js and spec/support.
                json: 'readonly', promisesSettled: 'readonly', useExamPage: 'readonly', useTimerBar: 'readonly',
                useAllowancesPanel: 'readonly', useAttemptsPanel: 'readonly', useGuardPage: 'readonly', useDesk: 'readonly'
            }
        }
    },
    {
        // Bundled by a provider's own build, so it may use modules.
        files: ['edx_proctoring/static/index.js', 'mock_provider/worker/**/*.js'],
        languageOptions: {ecmaVersion: 2020, sourceType: 'module', globals: {...globals.worker, ...globals.browser, process: 'readonly'}}
    },
    {
        files: ['demo/static/demo/**/*.js', 'seb_openedx/static/**/*.js', 'mock_provider/mock_provider/static/**/*.js'],
        languageOptions: {ecmaVersion: 2020, sourceType: 'script', globals: {...es5Script.globals}}
    },
    {
        files: ['tools/specs.js', 'tools/build-static.js'],
        languageOptions: {ecmaVersion: 2022, sourceType: 'commonjs', globals: globals.node}
    },
    {
        // Bundled for the browser by its own build.
        files: ['tests/browser/react_client/**/*.js'],
        languageOptions: {ecmaVersion: 2022, sourceType: 'module', globals: globals.browser}
    },
    {
        files: ['*.mjs', 'tests/browser/react_client/*.mjs'],
        languageOptions: {ecmaVersion: 2022, sourceType: 'module', globals: globals.node}
    }
];

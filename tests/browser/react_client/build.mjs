// Bundle the data layer by file path: the package's exports hide it.
import {build} from 'esbuild';
import {fileURLToPath} from 'node:url';
import path from 'node:path';

const here = path.dirname(fileURLToPath(import.meta.url));
const library = path.join(here, 'node_modules/@edx/frontend-lib-special-exams/dist/data');

await build({
    entryPoints: [path.join(here, 'client.js')],
    outfile: path.join(here, 'dist/client.js'),
    bundle: true,
    format: 'iife',
    target: 'es2020',
    logLevel: 'warning',
    define: {'process.env.NODE_ENV': '"production"'},
    alias: {
        'special-exams-data': path.join(library, 'index.js'),
        'special-exams-thunks': path.join(library, 'thunks.js'),
        '@edx/frontend-platform/auth': path.join(here, 'stubs/auth.js'),
        '@edx/frontend-platform/logging': path.join(here, 'stubs/logging.js'),
        '@edx/frontend-platform': path.join(here, 'stubs/platform.js')
    }
});

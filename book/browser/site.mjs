// The built book on a free port of this machine, and a browser to read it with.
//
// The two packages are not in the repository: install them into target/ci-browser, see README.md.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, normalize, relative, sep } from 'node:path';

const require = createRequire(new URL('../../target/ci-browser/', import.meta.url));
const { chromium } = require('playwright-core');

/** The source of axe-core, to be run in a page. */
export const axe = require('axe-core').source;

const TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.png': 'image/png',
    '.woff2': 'font/woff2',
};

/** Serves the files of a folder; `end` stops it. */
export async function serve(folder) {
    const server = createServer(async (request, response) => {
        const { pathname } = new URL(request.url, 'http://localhost');
        const path = normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
        try {
            const content = await readFile(join(folder, path));
            response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
            response.end(content);
        } catch {
            response.writeHead(404).end();
        }
    });
    await new Promise(done => server.listen(0, '127.0.0.1', done));
    return { address: `http://127.0.0.1:${server.address().port}/`, end: () => server.close() };
}

/** Paths of all pages that have a text, which redirects and the list of contents have not. */
export async function pages(folder) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = [];
    for (const entry of entries.filter(entry => entry.name.endsWith('.html'))) {
        const file = join(entry.parentPath ?? entry.path, entry.name);
        if ((await readFile(file, 'utf8')).includes('<main>')) {
            paths.push(relative(folder, file).split(sep).join('/'));
        }
    }
    return paths.sort();
}

/** Starts Chromium: CHROMIUM is its path, if it is another one. */
export function browser() {
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: [
            '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
            '--disable-background-networking', '--disable-component-update', '--disable-sync',
        ],
    });
}

/** A window whose pages move nothing and print nothing, and what went wrong in it. */
export async function window(chromium, site, options = {}) {
    const context = await chromium.newContext({ reducedMotion: 'reduce', ...options });
    await context.addInitScript(() => { globalThis.print = () => {}; });
    const page = await context.newPage();
    const wrong = [];
    page.on('pageerror', error => wrong.push(`${page.url()}: ${error.message}`));
    page.on('console', message => {
        if (message.type() === 'error') {
            wrong.push(`${page.url()}: ${message.text()}`);
        }
    });
    page.on('request', request => {
        if (!request.url().startsWith(site.address) && !request.url().startsWith('data:')) {
            wrong.push(`${page.url()}: a request to ${request.url()}`);
        }
    });
    return { page, wrong };
}

/** Prints each failure and the closing line; what is wrong is the exit code. */
export function close(passed, failures) {
    failures.forEach(failure => console.log(failure));
    console.log(`${passed} passed, ${failures.length} failed`);
    process.exitCode = failures.length > 0 ? 1 : 0;
}

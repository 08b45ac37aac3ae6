// node book/browser/check.mjs [target/book]
//
// Every page: axe-core's rules of WCAG 2.0, 2.1 and 2.2, A and AA, in light and in dark; at 360 pixels nothing
// but code and tables scrolls sideways. One page in each theme; the search with its results.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { axe, browser, close, pages, serve, window } from './site.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const THEMES = ['light', 'rust', 'coal', 'navy', 'ayu'];
const WINDOWS = 2;

const folder = process.argv[2] ?? 'target/book';
const site = await serve(folder);
const chromium = await browser();
const failures = [];
let passed = 0;

function tell(wrong, where) {
    if (wrong.length === 0) {
        passed += 1;
    } else {
        failures.push(...wrong.map(what => `${where}: ${what}`));
    }
}

async function violations(page) {
    // What is folded is read too.
    await page.evaluate(() => document.querySelectorAll('details').forEach(details => { details.open = true; }));
    await page.evaluate(axe);
    const { violations } = await page.evaluate(rules => globalThis.axe.run(document, {
        runOnly: { type: 'tag', values: rules },
        resultTypes: ['violations'],
    }), RULES);
    return violations.flatMap(({ id, nodes }) => nodes.map(node => {
        const [why] = [...node.any, ...node.all, ...node.none];
        return `${id} at ${node.target.join(' ')} (${why?.message ?? node.failureSummary})`;
    }));
}

async function everything(paths) {
    const { page, wrong } = await window(chromium, site);
    for (const path of paths) {
        for (const colorScheme of ['light', 'dark']) {
            await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
            await page.goto(site.address + path);
            tell(await violations(page), `${path} in ${colorScheme}`);
        }
        await page.setViewportSize({ width: 360, height: 740 });
        await page.goto(site.address + path);
        tell(await tooWide(page), `${path} at 360 pixels`);
        await page.setViewportSize({ width: 1280, height: 800 });
    }
    failures.push(...wrong);
    await page.context().close();
}

/** What sticks out at the right, other than from a box of its own that scrolls. */
function tooWide(page) {
    return page.evaluate(() => {
        document.querySelectorAll('details').forEach(details => { details.open = true; });
        const content = document.getElementById('mdbook-content');
        const scrolls = element => element.scrollWidth > element.clientWidth;
        if (![document.documentElement, document.body, content].some(scrolls)) {
            return [];
        }
        const sticksOut = element => element.getBoundingClientRect().right > innerWidth;
        const boxed = element => {
            for (let box = element.parentElement; box && box !== content; box = box.parentElement) {
                if (getComputedStyle(box).overflowX !== 'visible') {
                    return true;
                }
            }
            return false;
        };
        const first = Array.from(content.querySelectorAll('*')).find(element => sticksOut(element) && !boxed(element));
        return [`scrolls sideways: ${first?.outerHTML.slice(0, 120) ?? 'for an unknown reason'}`];
    });
}

async function themes(path) {
    for (const theme of THEMES) {
        const { page, wrong } = await window(chromium, site);
        await page.addInitScript(theme => localStorage.setItem('mdbook-theme', theme), theme);
        await page.goto(site.address + path);
        tell(await violations(page), `${path} in the theme ${theme}`);
        await page.click('#mdbook-theme-toggle');
        tell(await violations(page), `the list of themes in the theme ${theme}`);
        await page.keyboard.press('Escape');
        await page.click('#mdbook-search-toggle');
        await page.locator('#mdbook-searchbar').pressSequentially('change');
        await page.waitForSelector('#mdbook-searchresults li');
        tell(await violations(page), `the search in the theme ${theme}`);
        failures.push(...wrong);
        await page.context().close();
    }
}

const all = await pages(folder);
const queue = [...all];
await Promise.all(Array.from({ length: WINDOWS }, async () => {
    while (queue.length > 0) {
        await everything(queue.splice(0, 4));
    }
}));

// The page with the most on it.
const sizes = await Promise.all(all.map(async path => [(await stat(join(folder, path))).size, path]));
const [[, largest]] = sizes.filter(([, path]) => path !== 'print.html').sort(([a], [b]) => b - a);
await themes(largest);

await chromium.close();
site.end();
close(passed, failures);

// node book/browser/journey.mjs [target/book]
//
// What a reader does: search, change the theme, copy, turn pages, use the keyboard.

import assert from 'node:assert/strict';
import { browser, close, pages, serve, window } from './site.mjs';

const folder = process.argv[2] ?? 'target/book';
const site = await serve(folder);
const chromium = await browser();
const { page, wrong } = await window(chromium, site, {
    permissions: ['clipboard-read', 'clipboard-write'],
    viewport: { width: 1280, height: 800 },
});
const failures = [];
let passed = 0;

async function step(name, work) {
    try {
        await work();
        passed += 1;
        console.log(`ok  ${name}`);
    } catch (error) {
        failures.push(`${name}: ${error.message}`);
    }
}

const go = path => page.goto(site.address + path);
const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
const searching = () => page.isVisible('#mdbook-searchbar');

/** The first page with an element, most wanted first. */
async function find(...selectors) {
    const paths = (await pages(folder)).filter(path => path !== 'print.html');
    for (const selector of selectors) {
        for (const path of paths) {
            await go(path);
            if (await page.locator(selector).count() > 0) {
                return page.locator(selector).first();
            }
        }
    }
    throw new Error(`no page has ${selectors.join(' or ')}`);
}

await step('a word is searched and the result opened', async () => {
    await go('index.html');
    await page.click('#mdbook-search-toggle');
    await page.locator('#mdbook-searchbar').pressSequentially('cloudfront');
    const result = page.locator('#mdbook-searchresults a').first();
    await result.waitFor();
    await result.click();
    await page.waitForURL(/highlight=cloudfront/);
    assert.match((await page.textContent('main')).toLowerCase(), /cloudfront/);
});

await step('the theme that was chosen is kept', async () => {
    await page.click('#mdbook-theme-toggle');
    await page.click('#mdbook-theme-navy');
    await page.reload();
    assert.ok(await page.evaluate(() => document.documentElement.classList.contains('navy')));
    const paper = await page.evaluate(() => getComputedStyle(document.body.querySelector('.page-wrapper')).backgroundColor);
    await page.click('#mdbook-theme-toggle');
    await page.click('#mdbook-theme-light');
    const light = await page.evaluate(() => getComputedStyle(document.body.querySelector('.page-wrapper')).backgroundColor);
    assert.notEqual(paper, light);
});

await step('a listing is copied without what is not code', async () => {
    const listing = await find('figure.listing pre:has(.removed)', 'figure.listing pre', 'main pre:has(> .copy)');
    await listing.hover();
    await listing.locator('.copy').click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const shown = await listing.locator('code').evaluate(code => {
        const lines = code.querySelectorAll('.line');
        if (lines.length === 0) {
            return code.textContent.trimEnd();
        }
        const kept = Array.from(lines).filter(line => !line.matches('.removed, [data-nocopy]'));
        return kept.map(line => {
            const text = line.cloneNode(true);
            text.querySelectorAll('.sign, .visually-hidden, [data-nocopy]').forEach(mark => mark.remove());
            return text.textContent.replace(/\n$/, '');
        }).join('\n').trimEnd();
    });
    assert.ok(shown.length > 0);
    assert.equal(copied, `${shown}\n`);
    assert.equal(await page.textContent('body > [role=status]'), 'Copied');
});

await step('the link leads to the next page, and back', async () => {
    await go('index.html');
    const first = page.url();
    await page.locator('a[rel~=next]:visible').first().click();
    await page.waitForURL(url => url.href !== first);
    const second = page.url();
    await page.locator('a[rel~=prev]:visible').first().click();
    await page.waitForURL(url => url.href !== second);
});

await step('arrow keys turn no page, in code or elsewhere', async () => {
    const code = await find('figure.listing pre > code[tabindex]', 'main pre > code[tabindex]', 'main pre > code');
    const before = page.url();
    await code.focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft']) {
        await page.keyboard.press(key);
    }
    await page.locator('main h1').click();
    await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(300);
    assert.equal(page.url().split('#')[0], before.split('#')[0]);
});

await step('letters do nothing, Ctrl+K searches, Escape ends it', async () => {
    await go('index.html');
    await page.keyboard.type('s/?');
    assert.equal(await searching(), false);
    await page.keyboard.press('Control+k');
    assert.equal(await searching(), true);
    assert.equal(await focused(), 'mdbook-searchbar');
    await page.keyboard.type('s/');
    assert.equal(await page.inputValue('#mdbook-searchbar'), 's/');
    await page.keyboard.press('Escape');
    assert.equal(await searching(), false);
});

await step('the first Tab offers to skip to the text', async () => {
    await go('index.html');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'mdbook-content');
});

await step('the list of contents is opened and closed by keyboard', async () => {
    await go('index.html');
    const toggle = page.locator('#mdbook-sidebar-toggle');
    const sidebar = page.locator('#mdbook-sidebar');
    assert.equal(await sidebar.isVisible(), true);
    await toggle.focus();
    await page.keyboard.press('Enter');
    await sidebar.waitFor({ state: 'hidden' });
    assert.equal(await toggle.getAttribute('aria-expanded'), 'false');
    await page.keyboard.press('Space');
    await sidebar.waitFor({ state: 'visible' });
    const fold = page.locator('.chapter-fold-toggle').first();
    assert.equal(await fold.getAttribute('aria-expanded'), 'false');
    await fold.focus();
    await page.keyboard.press('Enter');
    assert.equal(await fold.getAttribute('aria-expanded'), 'true');
});

await step('a page is loaded again where it was', async () => {
    await go('index.html');
    await page.reload();
    assert.ok(await page.isVisible('main h1'));
});

await step('a page that is not there says so', async () => {
    await go('404.html');
    assert.match(await page.textContent('main'), /not/i);
    assert.ok(await page.locator('main a').count() > 0);
});

await step('nothing is asked of another host, nothing is wrong in the console', async () => {
    assert.deepEqual(wrong, []);
});

await chromium.close();
site.end();
close(passed, failures);

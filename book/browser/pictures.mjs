// node book/browser/pictures.mjs
//
// Draws the two pictures that must be PNG from their SVG: favicon.png, and social-card.png for links to the book.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { browser } from './site.mjs';

const PICTURES = [
    ['../theme/favicon.svg', '../theme/favicon.png', 64, 64],
    ['../theme/social-card.svg', '../src/social-card.png', 1200, 630],
];

const chromium = await browser();
for (const [svg, png, width, height] of PICTURES) {
    const page = await chromium.newPage({ viewport: { width, height } });
    const drawing = await readFile(new URL(svg, import.meta.url), 'utf8');
    await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${width}px }</style>${drawing}`);
    await page.screenshot({ path: fileURLToPath(new URL(png, import.meta.url)), omitBackground: true });
}
await chromium.close();

// What mdBook's own script leaves to wish for: copying code without its marks, a sane keyboard, names for
// screen readers. Pages are complete without it.
'use strict';

(function copying() {
    const status = document.createElement('div');
    status.className = 'visually-hidden';
    status.setAttribute('role', 'status');
    document.body.append(status);

    // Lines that went away, signs of changed lines and the like are shown but not code.
    const marks = '.removed, .sign, .visually-hidden, [data-nocopy]';

    function code(block) {
        const copy = block.cloneNode(true);
        const lines = copy.querySelectorAll('.line').length > 0;
        copy.querySelectorAll(marks).forEach(mark => mark.remove());
        if (!lines) {
            return copy.textContent.replace(/\n*$/, '\n');
        }
        return Array.from(copy.querySelectorAll('.line'))
            .map(line => line.textContent.replace(/\n$/, '') + '\n')
            .join('');
    }

    function tell(button, text) {
        status.textContent = text;
        button.textContent = text;
        button.classList.add('copied');
        setTimeout(() => {
            status.textContent = '';
            button.textContent = 'Copy';
            button.classList.remove('copied');
        }, 2000);
    }

    document.querySelectorAll('main pre > code').forEach(block => {
        const pre = block.parentElement;
        if (pre.closest('[data-nocopy]') || block.matches('.language-text')) {
            return;
        }
        const caption = pre.closest('figure')?.querySelector('figcaption .number');
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'copy';
        button.textContent = 'Copy';
        if (caption) {
            button.setAttribute('aria-description', caption.textContent);
        }
        button.addEventListener('click', () => {
            const done = navigator.clipboard?.writeText(code(block)) ?? Promise.reject();
            done.then(
                () => tell(button, 'Copied'),
                () => tell(button, 'Could not copy'),
            );
        });
        pre.classList.add('copyable');
        pre.append(button);
    });
})();

(function keyboard() {
    // A single key does nothing to the page: arrows scroll code and move a screen reader, letters come
    // from people who speak to their machine (WCAG 2.1.4). The links turn pages.
    window.addEventListener('keydown', event => {
        const field = event.target.closest?.('input, textarea, select');
        if (event.ctrlKey || event.metaKey) {
            if (event.key.toLowerCase() === 'k' && !event.altKey && !event.shiftKey && search) {
                event.preventDefault();
                search.click();
            }
        } else if (!field && ['ArrowLeft', 'ArrowRight', 's', 'S', '/', '?'].includes(event.key)) {
            event.stopImmediatePropagation();
        }
    }, { capture: true });

    const search = document.getElementById('mdbook-search-toggle');
    if (search) {
        search.title = 'Search (Ctrl+K)';
        search.setAttribute('aria-keyshortcuts', 'Control+K Meta+K');
    }
    document.querySelectorAll('a[aria-keyshortcuts]').forEach(link => {
        link.removeAttribute('aria-keyshortcuts');
    });

    // Nothing on the page shows mdBook's own shortcuts any more.
    document.getElementById('mdbook-help-container')?.remove();

    function asButton(element) {
        element.setAttribute('role', 'button');
        element.tabIndex = 0;
        element.addEventListener('keydown', event => {
            if (event.key === 'Enter' || event.key === ' ') {
                event.preventDefault();
                element.click();
            }
        });
    }

    asButton(document.getElementById('mdbook-sidebar-toggle'));

    document.querySelectorAll('.chapter-fold-toggle').forEach(toggle => {
        const item = toggle.closest('li');
        const name = item.querySelector('a[href]')?.textContent.trim();
        const tell = () => toggle.setAttribute('aria-expanded', item.classList.contains('expanded'));
        asButton(toggle);
        toggle.setAttribute('aria-label', `Pages of ${name}`);
        toggle.addEventListener('click', tell);
        tell();
    });

    const skip = document.createElement('a');
    skip.className = 'skip';
    skip.href = '#mdbook-content';
    skip.textContent = 'Skip to the text';
    document.getElementById('mdbook-content').tabIndex = -1;
    document.body.prepend(skip);
})();

(function neighbors() {
    const titles = new Map(Array.from(
        document.querySelectorAll('#mdbook-sidebar .chapter a[href]'),
        link => [link.href, link.textContent.trim()],
    ));
    document.querySelectorAll('.mobile-nav-chapters').forEach(link => {
        const title = titles.get(link.href);
        if (title) {
            const next = link.classList.contains('next');
            const text = document.createElement('span');
            text.textContent = title;
            link.insertAdjacentElement(next ? 'afterbegin' : 'beforeend', text);
            link.title = next ? 'Next page' : 'Page before';
            link.setAttribute('aria-label', `${link.title}: ${title}`);
        }
    });
})();

(function names() {
    const field = document.getElementById('mdbook-searchbar');
    field?.setAttribute('aria-label', 'Search this book');
    field?.setAttribute('aria-describedby', 'mdbook-searchresults-header');
    document.getElementById('mdbook-searchresults-header')?.setAttribute('role', 'status');

    // A result's excerpt carries a label that says less than its text, and that a span may not have.
    const results = document.getElementById('mdbook-searchresults');
    if (results) {
        new MutationObserver(() => {
            results.querySelectorAll('span[aria-label]').forEach(span => span.removeAttribute('aria-label'));
        }).observe(results, { childList: true });
    }

    // What scrolls sideways must be reachable by the keyboard.
    const boxes = document.querySelectorAll('main pre > code, main .table-wrapper, main [data-scroll]');
    const watch = new ResizeObserver(entries => entries.forEach(({ target }) => {
        if (target.scrollWidth > target.clientWidth) {
            const caption = target.closest('figure')?.querySelector('figcaption');
            target.tabIndex = 0;
            target.setAttribute('role', 'group');
            target.setAttribute('aria-label', caption?.textContent.trim() ?? 'Wide content');
        } else {
            target.removeAttribute('tabindex');
            target.removeAttribute('role');
            target.removeAttribute('aria-label');
        }
    }));
    boxes.forEach(box => watch.observe(box));
})();

(function paper() {
    const folded = 'details:is(.hint, .solution, .answer):not([open])';
    let opened = [];
    window.addEventListener('beforeprint', () => {
        opened = Array.from(document.querySelectorAll(folded));
        opened.forEach(details => details.open = true);
    });
    window.addEventListener('afterprint', () => opened.forEach(details => details.open = false));
})();

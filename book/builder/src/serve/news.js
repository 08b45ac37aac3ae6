// Follows the builder: a new build loads the page again, a problem lies over it until it is mended.
(() => {
    let box;
    new EventSource('/__news').onmessage = event => {
        const { build, problem } = JSON.parse(event.data);
        if (build !== BUILD) {
            location.reload();
            return;
        }
        box?.remove();
        if (problem) {
            box = document.createElement('div');
            box.setAttribute('role', 'alert');
            box.style.cssText = 'position:fixed;inset:auto 0 0 0;max-height:60vh;overflow:auto;z-index:2000;'
                + 'padding:1.5em 2em;background:#401d1e;color:#fff;border-top:4px solid #ff9f99;'
                + 'font:14px/1.5 monospace;white-space:pre-wrap';
            box.textContent = 'Not built; this is the page as it was before.\n\n' + problem;
            document.body.append(box);
        }
    };
})();

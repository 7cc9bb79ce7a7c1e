// Tells the page around the frame how large its content is (contract/safe-exam-browser#frame).
(function() {
    'use strict';

    // The only page that may learn it: the host's own front end.
    var origin = document.currentScript.getAttribute('data-origin');

    function report() {
        var root = document.documentElement;
        window.parent.postMessage({
            type: 'plugin.resize',
            payload: {width: root.scrollWidth, height: root.scrollHeight}
        }, origin);
    }

    if (window.parent === window) {
        return;
    }
    window.addEventListener('load', report);
    window.addEventListener('resize', report);
    new MutationObserver(report).observe(document.body, {childList: true, subtree: true, characterData: true});
}());

/** Opens the exam page again after a moment, while the vendor's server has not said yet that the session runs. */
(function() {
    'use strict';

    const WAIT_MS = 4000;
    const address = document.currentScript.dataset.address;
    window.setTimeout(function() { window.location.replace(address); }, WAIT_MS);
}());

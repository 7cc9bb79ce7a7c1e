/** Times are in milliseconds: `5 * SECOND`. */
/* exported SECOND, REQUEST_LIMIT */

var SECOND = 1000;
// The longest that a request may hold up the page.
var REQUEST_LIMIT = 30 * SECOND;

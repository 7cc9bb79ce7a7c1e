/**
 * The onboarding status of each learner. Contract: contract/staff-tab#onboarding.
 */
(function($, _) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;

    // The order of the check boxes, which is the order of `statuses` in the request.
    var STATUSES = [
        'not_started', 'setup_started', 'onboarding_started', 'other_course_approved', 'submitted', 'verified',
        'rejected', 'error'
    ];
    // The statuses of the provider's onboarding profile API.
    var PROFILE_API_STATUSES = [
        'not_started', 'other_course_approved', 'submitted', 'verified', 'rejected', 'expired'
    ];

    function labels() {
        return {
            not_started: gettext('Not Started'),
            setup_started: gettext('Setup Started'),
            onboarding_started: gettext('Onboarding Started'),
            started: gettext('Started'),
            other_course_approved: gettext('Approved in Another Course'),
            submitted: gettext('Submitted'),
            verified: gettext('Verified'),
            rejected: gettext('Rejected'),
            error: gettext('Error'),
            expired: gettext('Expired'),
            onboarding_reset_past_due: gettext('Onboarding Reset Failed Due to Past Due Exam'),
            audit: gettext('Audit'),
            honor: gettext('Honor'),
            professional: gettext('Professional'),
            'no-id-professional': gettext('No ID Professional'),
            credit: gettext('Credit'),
            masters: gettext('Master\'s'),
            'executive-education': gettext('Executive Education')
        };
    }

    proctoring.ProctoredExamOnboardingView = proctoring.StaffPanel.extend({
        container: '.student-onboarding-status-container',
        templateUrl: proctoring.TEMPLATE_ROOT + 'student-onboarding-status.underscore',

        events: {
            'click .search-onboarding > span.search': 'search',
            'click .search-onboarding > span.clear-search': 'clearSearch',
            'keydown #search_onboarding_id': 'onSearchKey',
            'submit .filter-form': 'applyFilters',
            'click .clear-filters': 'clearFilters',
            'click li > a.target-link': 'openPage'
        },

        initialize: function(section) {
            this.collection = new proctoring.ProctoredExamOnboardingCollection();
            this.filters = [];
            this.searchText = '';
            this.inSearchMode = false;
            this.currentPage = 1;
            this.hasFetched = false;
            proctoring.StaffPanel.prototype.initialize.call(this, section);
        },

        baseUrl: function() {
            return proctoring.API_ROOT + 'user_onboarding/status/course_id/' + this.course_id;
        },

        /** The URL of a page with the current search and filters; commas are not encoded (contract). */
        constructUrl: function(page) {
            var url = this.baseUrl() + '?page=' + (page || this.currentPage);
            if (this.searchText) {
                url += '&text_search=' + encodeURIComponent(this.searchText);
            }
            if (this.filters.length) {
                url += '&statuses=' + this.filters.join(',');
            }
            return url;
        },

        loadData: function() {
            // The first request has no query string (contract).
            this.collection.url = this.hasFetched ? this.constructUrl() : this.baseUrl();
            this.hasFetched = true;
            return this.fetchCollection(this.collection);
        },

        showPage: function(page) {
            this.currentPage = page;
            return this.loadData();
        },

        render: function() {
            if (this.template) {
                this.draw(this.template(this.templateData(this.collection.toJSON()[0])));
            }
            return this;
        },

        /** The template's variables. Their names are contract: outside code brings its own template. */
        templateData: function(response) {
            var data = response || {};
            var last = data.num_pages || 1;
            var shown = proctoring.ProctoredExamAttemptGroupedCollection.pageWindow(this.currentPage, last);
            return {
                previousPage: data.previous || null,
                nextPage: data.next || null,
                currentPage: this.currentPage,
                onboardingItems: data.results || [],
                onboardingStatuses: data.use_onboarding_profile_api ? PROFILE_API_STATUSES : STATUSES,
                inSearchMode: this.inSearchMode,
                searchText: this.searchText,
                filters: this.filters,
                constructUrl: _.bind(this.constructUrl, this),
                startPage: shown.first,
                endPage: shown.last,
                getDateFormat: proctoring.ProctoredExamAttemptModel.formatDate,
                getReadableString: this.getReadableString
            };
        },

        /** The label of a status or an enrolment mode; an unknown one is returned unchanged. */
        getReadableString: function(statusOrMode) {
            var known = labels();
            return _.has(known, statusOrMode) ? known[statusOrMode] : statusOrMode;
        },

        /** Show the reason instead of the table. */
        onLoadFailure: function(xhr) {
            var text = proctoring.failureDetail(xhr)
                // Contract, spelling included: outside code compares it.
                || gettext('An unexpected error occured. Please try again later.');
            if (this.template) {
                this.draw(this.template(this.templateData(null)));
            }
            this.$('#error-response').text(text).addClass('error-response');
            this.$('.onboarding-status-content').hide();
        },

        search: function() {
            var text = $.trim(this.$('#search_onboarding_id').val());
            if (text) {
                this.inSearchMode = true;
                this.searchText = text;
                this.$('#onboarding-search-indicator').addClass('hidden');
                this.$('#onboarding-loading-indicator').removeClass('hidden');
                this.showPage(1);
            }
        },

        clearSearch: function() {
            this.inSearchMode = false;
            this.searchText = '';
            this.showPage(1);
        },

        onSearchKey: function(event) {
            if (event.key === 'Enter' || event.which === 13) {
                event.preventDefault();
                this.search();
            } else if (event.key === 'Escape' && this.inSearchMode) {
                event.preventDefault();
                this.clearSearch();
            }
        },

        applyFilters: function(event) {
            event.preventDefault();
            this.filters = this.$('.status-checkboxes li input:checked').map(function() {
                return this.value;
            }).get();
            this.showPage(1);
        },

        clearFilters: function(event) {
            event.preventDefault();
            this.filters = [];
            this.showPage(1);
        },

        openPage: function(event) {
            event.preventDefault();
            this.showPage(Number($(event.currentTarget).data('page-number')));
        }
    });
}(window.jQuery, window._));

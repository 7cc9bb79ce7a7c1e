/**
 * The attempts of a course, one row per learner and exam, with reset and resume. Contract: contract/staff-tab#attempts.
 */
(function($, _) {
    'use strict';

    var proctoring = window.edx.instructor_dashboard.proctoring;
    var Attempt = proctoring.ProctoredExamAttemptModel;
    var Attempts = proctoring.ProctoredExamAttemptGroupedCollection;

    proctoring.ProctoredExamAttemptView = proctoring.StaffPanel.extend({
        container: '.student-proctored-exam-container',
        templateUrl: proctoring.TEMPLATE_ROOT + 'student-proctored-exam-attempts-grouped.underscore',

        events: {
            'click .remove-attempt': 'onRemoveAttempt',
            'click .resume-attempt': 'onResumeAttempt',
            'click li > a.target-link': 'openPage',
            'click .search-attempts > span.search': 'search',
            'click .search-attempts > span.clear-search': 'clearSearch',
            'keydown #search_attempt_id': 'onSearchKey',
            'keydown [role="button"]': 'onButtonKey',
            'click .action-more': 'toggleMenu',
            'click .accordion-trigger': 'onAccordionTrigger',
            'keypress .accordion-trigger': 'onAccordionKey'
        },

        initialize: function(section) {
            this.collection = new Attempts();
            this.inSearchMode = false;
            this.searchText = '';
            proctoring.StaffPanel.prototype.initialize.call(this, section);
        },

        /** The URL of the whole list. */
        baseUrl: function() {
            return proctoring.API_ROOT + 'proctored_exam/attempt/grouped/course_id/' + this.course_id;
        },

        searchUrl: function(text) {
            return this.baseUrl() + '/search/' + encodeURIComponent(text);
        },

        /** Fetch the current page of the list; `url`, if given, becomes the current page. */
        loadData: function(url) {
            this.collection.url = url || this.shownUrl || this.baseUrl();
            this.shownUrl = this.collection.url;
            return this.fetchCollection(this.collection);
        },

        render: function() {
            if (this.template) {
                this.draw(this.template(this.templateData()));
            }
            return this;
        },

        /** The template's variables. Their names are contract: outside code brings its own template. */
        templateData: function() {
            var response = this.collection.toJSON()[0] || {};
            var pages = response.pagination_info || {current_page: 1, total_pages: 1, has_next: false, has_previous: false};
            var shown = Attempts.pageWindow(pages.current_page, pages.total_pages);
            return {
                proctored_exam_attempts: _.map(response.proctored_exam_attempts || [], function(attempt, index) {
                    return _.extend({}, attempt, {
                        exam_attempt_type: Attempt.examTypeLabel(attempt.proctored_exam),
                        row_class: index % 2 === 0 ? 'even' : 'odd',
                        error_report: Attempt.errorReport(attempt),
                        all_attempts: _.map(attempt.all_attempts, function(single) {
                            return _.extend({}, single, {error_report: Attempt.errorReport(single)});
                        })
                    });
                }),
                pagination_info: pages,
                attempt_url: response.attempt_url || this.baseUrl(),
                inSearchMode: this.inSearchMode,
                searchText: this.searchText,
                start_page: shown.first,
                end_page: shown.last,
                getDateFormat: Attempt.formatDate,
                getExamAttemptStatus: Attempt.statusLabel
            };
        },

        search: function() {
            var text = $.trim(this.$('#search_attempt_id').val());
            if (text) {
                this.inSearchMode = true;
                this.searchText = text;
                this.showSearching();
                this.loadData(this.searchUrl(text));
            }
        },

        clearSearch: function() {
            this.inSearchMode = false;
            this.searchText = '';
            this.loadData(this.baseUrl());
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

        /** Until the list is drawn again. */
        showSearching: function() {
            this.$('#attempt-search-indicator').addClass('hidden');
            this.$('#attempt-loading-indicator').removeClass('hidden');
        },

        /** After a failed search the old list stays, and the search field must work again. */
        onLoadFailure: function(xhr) {
            this.$('#attempt-loading-indicator').addClass('hidden');
            this.$('#attempt-search-indicator').removeClass('hidden');
            proctoring.StaffPanel.prototype.onLoadFailure.call(this, xhr);
        },

        openPage: function(event) {
            event.preventDefault();
            this.loadData($.trim($(event.currentTarget).data('target-url')));
        },

        /** Where the focus may go after an action: the row may still have its menu, or only a link. */
        keysOfRow: function($link) {
            return ['menu-' + $link.data('attempt-id'), 'reset-' + $link.data('attempt-id')];
        },

        onRemoveAttempt: function(event) {
            var $link = $(event.currentTarget);
            var question = gettext(
                'Are you sure you want to remove this student\'s exam attempts? ' +
                'All attempts of the student in this exam are removed. This cannot be undone.'
            );
            event.preventDefault();
            // eslint-disable-next-line no-alert -- contract: outside code answers window.confirm
            if (window.confirm(question)) {
                this.send({
                    url: Attempt.resetUrl($link.data('exam-id'), $link.data('user-id')),
                    type: 'DELETE'
                }, _.bind(this.reloadAfter, this, gettext('The attempts were removed.'), this.keysOfRow($link)));
            }
        },

        onResumeAttempt: function(event) {
            var $link = $(event.currentTarget);
            event.preventDefault();
            // eslint-disable-next-line no-alert -- contract: outside code answers window.confirm
            if (window.confirm(gettext('Are you sure you want to resume this student\'s exam attempt?'))) {
                this.send({
                    url: Attempt.prototype.url + $link.data('attempt-id'),
                    type: 'PUT',
                    data: {action: 'mark_ready_to_resume', user_id: $link.data('user-id')}
                }, _.bind(this.reloadAfter, this, gettext('The student can resume the exam.'), this.keysOfRow($link)));
            }
        },

        toggleMenu: function(event) {
            window.edx.dashboard.dropdown.toggleExamAttemptActionDropdownMenu(event);
        },

        /** A trigger that is not a button or a link reacts to Enter too. */
        onAccordionKey: function(event) {
            if ((event.key === 'Enter' || event.which === 13) && event.target === event.currentTarget
                    && !$(event.target).is('a, button')) {
                this.onAccordionTrigger(event);
            }
        }
    });
}(window.jQuery, window._));

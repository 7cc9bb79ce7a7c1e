/** The allowances of the course, one group per learner. Contract: contract/staff-tab#allowances. */
/* global proctoring -- staff_panels/namespace.js */

proctoring.ProctoredExamAllowanceView = proctoring.StaffPanel.extend({
    container: '.special-allowance-container',
    templateUrl: proctoring.TEMPLATE_ROOT + 'course_grouped_allowances.underscore',

    events: {
        'click #add-allowance': 'showAddModal',
        'click .edit_allowance': 'editAllowance',
        'click .remove_allowance': 'removeAllowance',
        'keydown [role="button"]': 'onButtonKey',
        'click .accordion-trigger': 'onAccordionTrigger'
    },

    // The host passes its section, not options, and looks the panel up there as `wrapper`.
    constructor: function(section) {
        this.section = section;
        proctoring.StaffPanel.call(this, {});
        $(section).data('wrapper', this);
        // A host that opens the tab first and creates the panels then.
        if ($(section).is(':visible')) {
            this.onClickTitle();
        }
    },

    initialize: function() {
        this.collection = new proctoring.ProctoredExamAllowanceCollection();
        this.allowance_types = proctoring.ProctoredExamAllowanceModel.types();
        proctoring.StaffPanel.prototype.initialize.call(this, this.section);
    },

    /** Called by the host each time the tab is opened. */
    onClickTitle: function() {
        if (proctoring.openDesk) {
            proctoring.openDesk();
        }
    },

    loadData: function() {
        this.collection.url = proctoring.API_ROOT + 'proctored_exam/' + this.course_id + '/grouped/allowance';
        return this.fetchCollection(this.collection);
    },

    render: function() {
        this.draw(this.template({
            proctored_exam_allowances: this.collection.toJSON()[0] || {},
            allowance_types: this.allowance_types,
            generateDomId: this.generateDomId
        }));
        return this;
    },

    /** A DOM id for a learner. Names that differ only in punctuation share one (contract). */
    generateDomId: function(username) {
        return 'ui-id-' + String(username).replace(/\W/g, '');
    },

    typeLabel: function(key) {
        var type = _.find(this.allowance_types, function(pair) { return pair[0] === key; });
        return type ? type[1] : key;
    },

    removeAllowance: function(event) {
        var $link = $(event.currentTarget);
        event.preventDefault();
        this.send({
            url: proctoring.API_ROOT + 'proctored_exam/allowance',
            type: 'DELETE',
            data: {
                exam_id: $link.data('exam-id'),
                user_id: $link.data('user-id'),
                key: $link.data('key-name')
            }
        }, _.bind(this.reloadAfter, this, gettext('The allowance was removed.'), null));
    },

    showAddModal: function(event) {
        var self = this;
        var exams = new proctoring.ProctoredExamCollection();
        event.preventDefault();
        exams.url = exams.url + this.course_id;
        exams.fetch({
            success: function() {
                self.modal = new proctoring.AddBulkAllowanceView({
                    course_id: self.course_id,
                    proctored_exams: exams.toJSON(),
                    proctored_exam_allowance_view: self,
                    allowance_types: self.allowance_types
                });
            },
            error: function(collection, xhr) {
                self.showFailure(xhr);
            }
        });
    },

    editAllowance: function(event) {
        var $link = $(event.currentTarget);
        event.preventDefault();
        this.modal = new proctoring.EditAllowanceView({
            course_id: this.course_id,
            selected_exam_ID: $link.data('exam-id'),
            selected_exam_name: $link.data('exam-name'),
            proctored_exam_allowance_view: this,
            // `attr`, because `data` would convert usernames such as "007" or "1e3" to numbers.
            selected_user: $link.attr('data-user-name'),
            allowance_type: $link.data('key-name'),
            allowance_type_name: $link.attr('data-key-value'),
            current_value: $link.attr('data-value')
        });
    }
});

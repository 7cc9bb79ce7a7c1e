/**
 * A panel that is a list by pages: filters, counts, sorting, selection, pages, files. Contract: contract/staff-desk#lists.
 *
 * A subclass has `title`, `path`, `filters`, `columns`, `rowKey`, `rowName`, `actions`, `countText`, `emptyText`; optional are
 * `exportName`, `tools`, `bulkActions`, `fixedQuery`, `loadMore`, `onRows` and `drawMore`.
 */
/* global desk -- desk/namespace.js, desk/panel.js, desk/filters.js, desk/templates.js */

var SIZES = ['25', '50', '100'];
var SKELETON_AFTER = 300;  // milliseconds
var STILL_WORKING_AFTER = 10000;
var TYPING = 200;  // milliseconds without a key, before the server is asked

desk.ListPanel = desk.Panel.extend({
    events: {
        'submit .js-filters': 'onSearchNow',
        'input .js-search': 'onTyping',
        'keydown .js-search': 'onSearchKey',
        'change .js-filter': 'onFilter',
        'click .js-chip': 'onChip',
        'click .js-clear': 'clearFilters',
        'click .js-more-filters': 'toggleFilters',
        'click .js-sort': 'onSort',
        'change .js-order': 'onOrder',
        'click .js-page': 'onPage',
        'change .js-size': 'onSize',
        'submit .js-go': 'onGo',
        'click .js-refresh': 'onRefresh',
        'click .js-automatic': 'onAutomatic',
        'click .js-retry': 'onRetry',
        'click .js-open': 'onOpen',
        'click .js-menu': 'onMenu',
        'change .js-select': 'onSelect',
        'change .js-select-page': 'onSelectPage',
        'click .js-select-all': 'onSelectAll',
        'click .js-release': 'onRelease',
        'click .js-bulk': 'onBulk',
        'click .js-tool': 'onTool'
    },

    initialize: function() {
        desk.Panel.prototype.initialize.apply(this, arguments);
        this.rows = null;
        this.problem = null;
        this.changed = {};
        this.selection = new desk.Selection();
        this.listenTo(this.selection, 'change', this.drawSelection);
    },

    // What a subclass says about itself.

    filters: function() { return []; },
    columns: function() { return []; },
    actions: function() { return []; },
    bulkActions: function() { return []; },
    /** Buttons above the list, for what concerns no single row: `{name, label, run}`. */
    tools: function() { return []; },
    /** Query parameters that are always sent. */
    fixedQuery: function() { return {}; },
    /** Something else that the panel shows, such as counts. Called after each load of the list, which it must not delay. */
    loadMore: function() {},
    /** Called with the rows before they are drawn. */
    onRows: function() {},
    /** Called when the list was drawn, before the focus returns to where it was. */
    drawMore: function() {},
    rowKey: function(row) { return row.id; },

    parameters: function() {
        var names = {
            page: function(value) { return (/^[1-9]\d{0,6}$/).test(value); },
            size: function(value) { return _.contains(SIZES, value); },
            order: _.bind(function(value) {
                return _.contains(_.pluck(this.columns(), 'sort'), value.replace(/^-/, ''));
            }, this)
        };
        _.each(this.filters(), function(filter) {
            names[filter.name] = _.partial(desk.filters.accepts, filter);
        });
        return names;
    },

    // Loading.

    /** The filters as the API's parameters, also for files and jobs. */
    filterQuery: function() {
        return _.reduce(this.filters(), function(query, filter) {
            return _.extend(query, desk.filters.query(filter, this.store.get(filter.name)));
        }, _.extend({exam: this.store.get('exam')}, this.fixedQuery()), this);
    },

    size: function() {
        var size = this.store.get('size') || String(this.context.preferences.get('size', ''));
        return _.contains(SIZES, size) ? size : SIZES[0];
    },

    query: function() {
        return _.extend(this.filterQuery(), {
            ordering: this.store.get('order') || undefined,
            page: this.store.get('page') || undefined,
            page_size: this.size()
        });
    },

    render: function() {
        this.$el.html(desk.templates.html('list', {
            title: this.title(),
            filters: _.map(this.filters(), this.filterView, this),
            isAutomatic: this.isAutomatic(),
            tools: this.tools(),
            orders: this.orderOptions(),
            activeFilters: this.activeFilters().length
        }));
        this.$body = this.$('.js-body');
        this.clearOtherSelection();
        this.refresh();
        return this;
    },

    /** What the rows are an answer to: other filters or another page are another question. */
    question: function() {
        return JSON.stringify(this.query());
    },

    refresh: function(isAutomatic) {
        var self = this;
        var query, isOther;
        if (this.isRemoved) {
            return $.when();
        }
        query = this.query();
        isOther = this.question() !== this.asked;
        this.asked = this.question();
        this.isOutdated = this.isOutdated || isOther;
        this.waitFor(isAutomatic && !isOther);
        return this.client.get(this.path(), query, 'panel', isAutomatic).done(function(reply) {
            self.onReply(reply, isOther);
            self.loadMore();
        }).fail(function(problem) {
            self.onProblem(problem, isAutomatic);
        });
    },

    waitFor: function(isQuiet) {
        var self = this;
        this.stopWaiting();
        if (isQuiet) {
            return;
        }
        this.$el.attr('aria-busy', 'true');
        this.skeleton = setTimeout(function() {
            if (self.isOutdated) {
                self.rows = null;
                self.problem = null;
                self.drawBody('loading');
            }
        }, SKELETON_AFTER);
        this.patience = setTimeout(function() {
            self.context.say(gettext('Still loading the list.'));
            self.$('.js-notice').text(gettext('Still loading the list. This is taking longer than usual.'));
        }, STILL_WORKING_AFTER);
    },

    stopWaiting: function() {
        clearTimeout(this.skeleton);
        clearTimeout(this.patience);
        this.$el.attr('aria-busy', null);
    },

    onReply: function(reply, isOther) {
        var before = this.rows;
        this.stopWaiting();
        this.failures = 0;
        this.problem = null;
        this.isOutdated = false;
        this.reply = reply;
        this.asOf = this.context.now();
        this.rows = reply.results;
        this.changed = isOther ? {} : this.changesSince(before);
        this.onRows(this.rows);
        this.drawBody('rows');
        this.announce(isOther);
        this.plan();
    },

    /** Keys of the rows that differ from what was shown, whatever the clock has done meanwhile. */
    changesSince: function(before) {
        var known = _.indexBy(before || [], this.rowKey);
        var changed = {};
        _.each(this.rows, function(row) {
            var old = known[this.rowKey(row)];
            if (before && (!old || !_.isEqual(_.omit(old, desk.VOLATILE), _.omit(row, desk.VOLATILE)))) {
                changed[this.rowKey(row)] = true;
            }
        }, this);
        return changed;
    },

    announce: function(isOther) {
        var n = _.size(this.changed);
        if (isOther) {
            this.context.say(this.summary());
        } else if (n) {
            this.context.say(desk.words.n(ngettext('%(n)s row changed', '%(n)s rows changed', n), n));
        }
    },

    /** “812 attempts, 26–50 shown”. */
    summary: function() {
        var count = this.countText(this.reply.count);
        if (!this.rows.length || this.reply.num_pages < 2) {
            return count;
        }
        return desk.words.fill(gettext('%(count)s, %(first)s–%(last)s shown'), {
            count: count,
            first: desk.words.number(this.reply.start + 1),
            last: desk.words.number(this.reply.start + this.rows.length)
        });
    },

    onProblem: function(problem, isAutomatic) {
        this.stopWaiting();
        if (problem.status === 404 && Number(this.store.get('page')) > 1) {
            // The list has become shorter.
            this.store.set({page: ''});
            return;
        }
        this.problem = problem;
        this.failures += 1;
        if (this.isOutdated || this.isForbidden()) {
            this.rows = null;
        }
        if (this.isForbidden()) {
            clearTimeout(this.timer);
        } else if (isAutomatic || this.rows) {
            this.plan();
        }
        this.drawBody(this.rows ? 'rows' : 'failed');
        this.context.alert(problem.detail);
    },

    /** Whether the person may not see the list. Who was logged out, or whose token has expired, can try again. */
    isForbidden: function() {
        return Boolean(this.problem) && this.problem.status === 403
            && !_.contains(['not_authenticated', 'csrf_failed'], this.problem.code);
    },

    // Drawing.

    /** `state`: `loading`, `failed` or `rows`. Focus and scrolling stay. */
    drawBody: function(state) {
        var focused = this.focusKey();
        var values = this.bodyValues(state);
        desk.menu.close(false);
        this.rememberDetails();
        this.$body.html(desk.templates.html('table', values));
        this.$('.js-as-of').text(this.asOfText());
        this.$('.js-notice').text(this.noticeText());
        this.$('.js-count').text(state === 'rows' ? this.summary() : '');
        this.drawFilters();
        this.drawSelection();
        this.drawMore(state);
        this.focusOn(focused);
    },

    /** Which parts a person has opened and closed, by name. */
    rememberDetails: function() {
        var details = this.details = this.details || {};
        this.$body.find('details[data-name]').each(function() { details[$(this).attr('data-name')] = this.open; });
    },

    bodyValues: function(state) {
        return {
            state: state === 'rows' && !this.rows.length ? 'empty' : state,
            caption: this.title(),
            columns: _.map(this.columns(), this.columnView, this),
            rows: state === 'rows' ? _.map(this.rows, this.rowView, this) : [],
            isSelectable: this.bulkActions().length > 0,
            filters: this.filterTexts(),
            emptyText: this.emptyText(),
            problem: this.problem,
            canRetry: !this.isForbidden(),
            pages: this.pages(state),
            sizes: SIZES,
            size: this.size(),
            files: this.files(state)
        };
    },

    columnView: function(column) {
        var order = this.store.get('order') || this.defaultOrder || '';
        var isThis = column.sort && order.replace(/^-/, '') === column.sort;
        var isDown = isThis && order.charAt(0) === '-';
        var direction = isDown ? 'descending' : 'ascending';
        return _.extend({sort: '', isHidden: false}, column, {
            direction: isThis ? direction : 'none',
            arrow: isThis ? (isDown ? '▼' : '▲') : '↕'
        });
    },

    rowView: function(row) {
        var key = this.rowKey(row);
        return {
            key: key,
            name: this.rowName(row),
            isChanged: _.has(this.changed, key),
            hasActions: this.actions(row).length > 0,
            cells: _.map(this.columns(), function(column) {
                return {label: column.label, lines: desk.templates.lines(column.cell.call(this, row)), isHead: column.isHead};
            }, this)
        };
    },

    pages: function(state) {
        var current, last;
        if (state !== 'rows' || this.reply.num_pages < 2) {
            return null;
        }
        current = this.reply.current_page;
        last = this.reply.num_pages;
        return {
            current: current,
            last: last,
            numbers: _.filter(_.uniq([1, current - 2, current - 1, current, current + 1, current + 2, last]), function(page) {
                return page >= 1 && page <= last;
            }),
            url: _.bind(function(page) { return this.store.url({page: page === 1 ? '' : page}); }, this)
        };
    },

    files: function(state) {
        var query;
        if (!this.exportName || state !== 'rows' || !this.rows.length) {
            return [];
        }
        query = this.filterQuery();
        return _.map([['csv', 'CSV'], ['jsonl', 'JSON lines']], function(kind) {
            return {
                label: kind[1],
                href: this.client.url(this.coursePath('exports/' + this.exportName + '.' + kind[0]), query)
            };
        }, this);
    },

    asOfText: function() {
        return this.asOf ? desk.words.fill(gettext('As of %(time)s'), {time: desk.words.clock(this.asOf)}) : '';
    },

    noticeText: function() {
        if (!this.problem || !this.rows) {
            return '';
        }
        return desk.words.fill(gettext('The list is as of %(time)s and could not be refreshed: %(reason)s'), {
            time: desk.words.clock(this.asOf), reason: this.problem.detail
        });
    },

    focusKey: function() {
        var active = document.activeElement;
        return active && $.contains(this.el, active) ? $(active).attr('data-focus-key') || '' : null;
    },

    /** Focus the element with this key; where it is gone, the heading, so that the keyboard keeps its place. */
    focusOn: function(key) {
        var $found;
        if (key === null || $.contains(this.el, document.activeElement)) {
            return;
        }
        $found = this.$('[data-focus-key]').filter(function() { return $(this).attr('data-focus-key') === key; });
        ($found.length ? $found.first() : this.$('.js-heading')).trigger('focus');
    },

    // Filters.

    activeFilters: function() {
        return _.filter(this.filters(), function(filter) { return this.store.get(filter.name); }, this);
    },

    /** What the list is filtered by, for people. */
    filterTexts: function() {
        return _.map(this.activeFilters(), function(filter) {
            return desk.filters.text(filter, this.store.get(filter.name));
        }, this);
    },

    filterView: function(filter) {
        var value = this.store.get(filter.name);
        var chosen = value.split(',');
        return _.extend({emptyLabel: gettext('All'), value: value}, filter, {
            options: _.map(filter.options || [], function(option) {
                return _.extend({count: null}, option, {isOn: _.contains(chosen, String(option.value))});
            })
        });
    },

    /** Show what the address says, and counts that have arrived, in the filters as they are. */
    drawFilters: function() {
        var active = this.activeFilters().length;
        _.each(this.filters(), function(filter) {
            var view = this.filterView(filter);
            var $filter = this.$('[data-filter]').filter(function() { return $(this).attr('data-filter') === filter.name; });
            if (filter.type === 'chips') {
                this.drawChips($filter, view);
            } else if (filter.type === 'check') {
                $filter.prop('checked', view.value === 'true');
            } else if (!(filter.type === 'search' && (this.typing || $.trim($filter.val()) === view.value))) {
                $filter.val(view.value);
            }
        }, this);
        this.$('.js-order').val(this.store.get('order') || this.defaultOrder || '');
        this.$('.js-clear').prop('hidden', !active);
        this.$('.js-active-filters').text(active ? '(' + desk.words.number(active) + ')' : '');
    },

    drawChips: function($group, view) {
        _.each(view.options, function(option) {
            var $chip = $group.find('.js-chip').filter(function() { return $(this).attr('data-value') === String(option.value); });
            $chip.attr('aria-pressed', String(option.isOn)).prop('hidden', option.count === 0 && !option.isOn);
            $chip.find('.js-chip-count').text(option.count === null ? '' : desk.words.number(option.count));
        });
    },

    /** Text that is still being typed counts too: the list is drawn again, and would lose it. */
    setFilters: function(values) {
        var typed = this.typing ? this.typedSearch() : {};
        clearTimeout(this.typing);
        this.typing = null;
        this.store.set(_.extend({page: ''}, typed, values));
    },

    typedSearch: function() {
        var $search = this.$('.js-search');
        return $search.length ? _.object([[$search.attr('data-filter'), $.trim($search.val())]]) : {};
    },

    onTyping: function() {
        clearTimeout(this.typing);
        this.typing = setTimeout(_.bind(this.onSearchNow, this), TYPING);
    },

    onSearchNow: function(event) {
        if (event) {
            event.preventDefault();
        }
        this.setFilters(this.typedSearch());
    },

    onSearchKey: function(event) {
        if (event.key === 'Escape' && $(event.currentTarget).val()) {
            event.preventDefault();
            $(event.currentTarget).val('');
            this.onSearchNow();
        }
    },

    onFilter: function(event) {
        var $filter = $(event.currentTarget);
        var value = $filter.is(':checkbox') ? ($filter.prop('checked') ? 'true' : '') : $filter.val();
        this.setFilters(_.object([[$filter.attr('data-filter'), value]]));
    },

    onChip: function(event) {
        var $chip = $(event.currentTarget);
        var name = $chip.closest('[data-filter]').attr('data-filter');
        var chosen = _.compact(this.store.get(name).split(','));
        var word = $chip.attr('data-value');
        chosen = _.contains(chosen, word) ? _.without(chosen, word) : chosen.concat(word);
        this.setFilters(_.object([[name, chosen.join(',')]]));
    },

    clearFilters: function() {
        this.setFilters(_.object(_.map(this.filters(), function(filter) { return [filter.name, '']; })));
    },

    toggleFilters: function(event) {
        var $button = $(event.currentTarget);
        var isOpen = $button.attr('aria-expanded') === 'true';
        $button.attr('aria-expanded', String(!isOpen));
        this.$('.js-filter-row').toggleClass('is-open', !isOpen);
    },

    // Sorting and pages.

    orderOptions: function() {
        return _.flatten(_.map(_.filter(this.columns(), function(column) { return column.sort; }), function(column) {
            return [
                {value: column.sort, label: desk.words.fill(gettext('%(column)s, ascending'), {column: column.label})},
                {value: '-' + column.sort, label: desk.words.fill(gettext('%(column)s, descending'), {column: column.label})}
            ];
        }));
    },

    setOrder: function(order) {
        this.store.set({order: order === this.defaultOrder ? '' : order, page: ''});
    },

    onSort: function(event) {
        var name = $(event.currentTarget).attr('data-sort');
        var order = this.store.get('order') || this.defaultOrder;
        this.setOrder(order === name ? '-' + name : name);
    },

    onOrder: function(event) {
        this.setOrder($(event.currentTarget).val());
    },

    goTo: function(page) {
        this.store.set({page: page === 1 ? '' : page}, true);
        this.scrollToTop = true;
    },

    onPage: function(event) {
        if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
            event.preventDefault();
            this.goTo(Number($(event.currentTarget).attr('data-page')));
        }
    },

    onGo: function(event) {
        var wanted = Math.round(Number(this.$('.js-go-page').val()));
        event.preventDefault();
        if (wanted >= 1) {
            this.goTo(Math.min(wanted, this.reply.num_pages));
        }
    },

    onSize: function(event) {
        var size = $(event.currentTarget).val();
        this.context.preferences.set('size', Number(size));
        this.store.set({size: size, page: ''});
    },

    onAddress: function() {
        this.clearOtherSelection();
        this.drawFilters();
        this.refresh();
    },

    onRefresh: function() {
        this.context.complain('');
        this.refresh();
    },

    onRetry: function() {
        this.context.alert('');
        this.refresh();
    },

    onAutomatic: function(event) {
        var isAutomatic = !this.isAutomatic();
        this.setAutomatic(isAutomatic);
        $(event.currentTarget).attr('aria-pressed', String(isAutomatic));
    },

    // Rows.

    rowOf: function(element) {
        var key = $(element).closest('[data-key]').attr('data-key');
        return _.find(this.rows || [], function(row) { return String(this.rowKey(row)) === key; }, this);
    },

    onOpen: function(event) {
        if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
            event.preventDefault();
            this.store.set({attempt: $(event.currentTarget).attr('data-attempt')}, true);
        }
    },

    onMenu: function(event) {
        var row = this.rowOf(event.currentTarget);
        if (row) {
            desk.menu.toggle(event.currentTarget, this.actions(row));
        }
    },

    /** Put a changed row in the place of the old one, or take it away (null). */
    replaceRow: function(key, row) {
        if (!this.rows || this.isRemoved) {
            return;  // It is being loaded, or was left.
        }
        this.rows = _.compact(_.map(this.rows, function(old) { return this.rowKey(old) === key ? row : old; }, this));
        this.changed = row ? _.object([[key, true]]) : {};
        this.drawBody('rows');
    },

    // Selection.

    shownKeys: function() {
        return _.map(this.rows || [], this.rowKey);
    },

    /** A selection is of the rows that one question found: another exam or other filters end it. */
    clearOtherSelection: function() {
        var question = JSON.stringify(this.filterQuery());
        if (question !== this.selectedFrom) {
            this.selectedFrom = question;
            this.selectionCleared();
        }
    },

    selectionCleared: function() {
        if (this.selection.size()) {
            this.selection.clear();
            this.context.say(gettext('The selection was cleared, because other rows are shown.'));
        }
    },

    onSelect: function(event) {
        var row = this.rowOf(event.currentTarget);
        if (row) {
            this.selection.set([this.rowKey(row)], event.currentTarget.checked, this.shownKeys());
        }
    },

    onSelectPage: function(event) {
        this.selection.set(this.shownKeys(), event.currentTarget.checked, this.shownKeys());
    },

    onSelectAll: function() {
        this.selection.selectAll(this.reply.count);
    },

    onRelease: function() {
        this.selection.clear();
        this.$('.js-select-page').trigger('focus');
    },

    drawSelection: function() {
        var self = this;
        var state = this.selection.state(this.shownKeys());
        var n = this.selection.size();
        this.$('.js-select').each(function() {
            var row = self.rowOf(this);
            var isOn = Boolean(row) && self.selection.has(self.rowKey(row));
            this.checked = isOn;
            $(this).closest('tr').toggleClass('is-selected', isOn);
        });
        this.$('.js-select-page').prop({checked: state === 'all', indeterminate: state === 'some'});
        if (this.bulkActions().length) {
            this.drawBulkBar(n);
        }
    },

    drawBulkBar: function(n) {
        var focused = this.focusKey();
        var $bar = this.$('.js-bulk-bar');
        var shown = this.shownKeys();
        var count = shown.length ? this.reply.count : 0;
        $bar.prop('hidden', !n);
        if (n) {
            $bar.html(desk.templates.html('bulk', {
                label: desk.words.n(ngettext('%(n)s selected', '%(n)s selected', n), n),
                actions: this.bulkActions(),
                isAll: this.selection.total !== null,
                more: count > shown.length && this.selection.state(shown) === 'all' && this.selection.total === null
                    ? desk.words.n(ngettext('Select the %(n)s that matches', 'Select all %(n)s that match', count), count) : ''
            }));
            this.focusOn(focused);
        } else {
            $bar.empty();
        }
    },

    /** What the tools are called may depend on more than the list. In place, so that the focus stays. */
    relabelTools: function() {
        _.each(this.tools(), function(tool) { this.$('.js-tool[data-tool="' + tool.name + '"]').text(tool.label); }, this);
    },

    onTool: function(event) {
        _.findWhere(this.tools(), {name: $(event.currentTarget).attr('data-tool')}).run();
    },

    onBulk: function(event) {
        var name = $(event.currentTarget).attr('data-action');
        _.findWhere(this.bulkActions(), {name: name}).run();
    },

    remove: function() {
        clearTimeout(this.typing);
        this.stopWaiting();
        return desk.Panel.prototype.remove.call(this);
    }
});

// Members of a row that change by themselves.
desk.VOLATILE = ['time_remaining_seconds', 'last_contact_at'];

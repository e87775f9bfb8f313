// The `_lsprof` module: the profiler behind cProfile.
//
// It is a tool of sys.monitoring (PEP 669) whose callbacks are methods of the Profiler. Each thread
// has a stack of calls under way; what ends is added to the entry of its code object or native
// function, and to the one for the pair of caller and callee.
//
// Threading: everything below belongs to the profiler and changes in its critical section, also
// the stacks: another thread may stop the profiler. Nothing in a section runs Python code.
#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "modules/time_convert.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/code.h"
#include "objects/descr.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/structseq.h"
#include "objects/type.h"
#include "platform/time.h"
#include "runtime/import.h"
#include "thread/critical_section.h"

// ---- counters ----

// Times of a function, or of a function as called from another. Times are ticks of the clock.
typedef struct Counter {
    const void *key;            // address that names the function; NULL: free slot
    PyObject *subject;          // owned: code object, or text for a native function; entries only
    int64_t total;              // with what it called
    int64_t own;                // without
    long calls;
    long recursive_calls;       // those of them that ended inside another
    long depth;                 // calls under way
    struct Table *callees;      // by callee, of entries; or NULL
} Counter;

// Counters by key: open addressing, at most two thirds full. Counters stay where they are.
typedef struct Table {
    Counter **slots;
    size_t mask;
    size_t used;
} Table;

static size_t
key_hash(const void *key)
{
    uint64_t h = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
    return (size_t)(h >> 32);
}

static Counter *
table_find(const Table *table, const void *key)
{
    if (table == NULL || table->used == 0) {
        return NULL;
    }
    for (size_t i = key_hash(key) & table->mask;; i = (i + 1) & table->mask) {
        Counter *counter = table->slots[i];
        if (counter == NULL || counter->key == key) {
            return counter;
        }
    }
}

static void
table_put(Table *table, Counter *counter)
{
    size_t i = key_hash(counter->key) & table->mask;
    while (table->slots[i] != NULL) {
        i = (i + 1) & table->mask;
    }
    table->slots[i] = counter;
    table->used++;
}

// A new counter for a key that is not there; NULL when out of memory, without an exception.
static Counter *
table_add(Table *table, const void *key)
{
    if (table->slots == NULL || (table->used + 1) * 3 > (table->mask + 1) * 2) {
        size_t size = table->slots == NULL ? 8 : (table->mask + 1) * 2;
        Table grown = {mem_calloc(size, sizeof *grown.slots), size - 1, 0};
        if (grown.slots == NULL) {
            return NULL;
        }
        for (size_t i = 0; table->slots != NULL && i <= table->mask; i++) {
            if (table->slots[i] != NULL) {
                table_put(&grown, table->slots[i]);
            }
        }
        mem_free(table->slots);
        *table = grown;
    }
    Counter *counter = mem_calloc(1, sizeof *counter);
    if (counter != NULL) {
        counter->key = key;
        table_put(table, counter);
    }
    return counter;
}

static void
table_free(Table *table)
{
    for (size_t i = 0; table->slots != NULL && i <= table->mask; i++) {
        Counter *counter = table->slots[i];
        if (counter == NULL) {
            continue;
        }
        if (counter->callees != NULL) {
            table_free(counter->callees);
            mem_free(counter->callees);
        }
        xdecref(counter->subject);
        mem_free(counter);
    }
    mem_free(table->slots);
    *table = (Table){NULL, 0, 0};
}

// The counter of callee in what caller calls. NULL when out of memory.
static Counter *
callee_counter(Counter *caller, const void *callee, bool add)
{
    if (caller->callees == NULL) {
        caller->callees = add ? mem_calloc(1, sizeof *caller->callees) : NULL;
        if (caller->callees == NULL) {
            return NULL;
        }
    }
    Counter *counter = table_find(caller->callees, callee);
    return counter != NULL || !add ? counter : table_add(caller->callees, callee);
}

// ---- the profiler ----

// A call under way.
typedef struct Call {
    struct Call *outer;
    Counter *counter;
    int64_t start;
    int64_t inner;              // time of calls that it made
} Call;

typedef struct Stack {
    struct Stack *next;
    uint64_t thread;            // Thread.id
    Call *innermost;
} Stack;

typedef struct {
    PyObject ob_base;
    Table entries;
    Stack *stacks;
    Call *free_calls;           // for reuse
    PyObject *timer;            // immutable after __init__; or NULL: the monotonic clock
    double timer_unit;          // immutable after __init__; seconds of a tick, 0: the timer gives
                                // seconds
    bool subcalls;
    bool builtins;
    bool enabled;
    uint32_t in_timer;          // atomic: the timer is being called
} Profiler;

static PyTypeObject entry_type = {.ob_base = NATIVE_TYPE_HEAD};
static PyTypeObject subentry_type = {.ob_base = NATIVE_TYPE_HEAD};

// Now, in ticks. Errors of the timer are reported and count as 0.
static int64_t
now(Profiler *self)
{
    if (self->timer == NULL) {
        return os_time_monotonic();
    }
    atomic_store_relaxed_u32(&self->in_timer, 1);
    PyObject *result = object_call_noargs(self->timer);
    atomic_store_relaxed_u32(&self->in_timer, 0);
    int64_t ticks = 0;
    if (result != NULL && self->timer_unit > 0) {
        ticks = int_as_i64(result);
    }
    else if (result != NULL && time_object_to_ns(result, &ticks, TIME_ROUND_FLOOR) < 0) {
        ticks = 0;
    }
    xdecref(result);
    if (error_occurred()) {
        error_format_unraisable("Exception ignored while calling _lsprof timer %R", self->timer);
        return 0;
    }
    return ticks;
}

static Stack *
find_stack_lock_held(Profiler *self, bool add)
{
    uint64_t id = thread_current()->id;
    Stack *stack = self->stacks;
    while (stack != NULL && stack->thread != id) {
        stack = stack->next;
    }
    if (stack == NULL && add && (stack = mem_calloc(1, sizeof *stack)) != NULL) {
        stack->thread = id;
        stack->next = self->stacks;
        self->stacks = stack;
    }
    return stack;
}

static void
begin_call_lock_held(Profiler *self, Stack *stack, Counter *counter, int64_t time)
{
    Call *call = self->free_calls;
    if (call != NULL) {
        self->free_calls = call->outer;
    }
    else if ((call = mem_alloc(sizeof *call)) == NULL) {
        return;
    }
    *call = (Call){stack->innermost, counter, time, 0};
    if (self->subcalls && call->outer != NULL) {
        Counter *pair = callee_counter(call->outer->counter, counter->key, true);
        if (pair != NULL) {
            pair->depth++;
        }
    }
    counter->depth++;
    stack->innermost = call;
}

// Adds a call that has ended to a counter.
static void
count_call(Counter *counter, int64_t total, int64_t own)
{
    if (--counter->depth == 0) {
        counter->total += total;
    }
    else {
        counter->recursive_calls++;
    }
    counter->own += own;
    counter->calls++;
}

static void
end_call_lock_held(Profiler *self, Stack *stack, int64_t time)
{
    Call *call = stack->innermost;
    int64_t total = time - call->start, own = total - call->inner;
    stack->innermost = call->outer;
    if (call->outer != NULL) {
        call->outer->inner += total;
    }
    count_call(call->counter, total, own);
    Counter *pair = call->outer != NULL && self->subcalls
                        ? callee_counter(call->outer->counter, call->counter->key, false) : NULL;
    if (pair != NULL && pair->depth > 0) {
        count_call(pair, total, own);
    }
    call->outer = self->free_calls;
    self->free_calls = call;
}

// A function begins; make_subject(arg) is what stands for it in the statistics.
static void
enter(Profiler *self, const void *key, PyObject *(*make_subject)(PyObject *), PyObject *arg)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    bool known = table_find(&self->entries, key) != NULL;
    critical_section_end(&cs);
    PyObject *subject = NULL;
    if (!known) {
        // Made outside the section: it may run Python code.
        subject = make_subject(arg);
        if (subject == NULL) {
            error_clear();
            return;
        }
    }
    int64_t time = now(self);
    critical_section_begin(&cs, self);
    Counter *counter = table_find(&self->entries, key);
    if (counter == NULL && subject != NULL) {
        counter = table_add(&self->entries, key);
        if (counter != NULL) {
            counter->subject = subject;
            subject = NULL;
        }
    }
    Stack *stack = counter != NULL ? find_stack_lock_held(self, true) : NULL;
    if (stack != NULL) {
        begin_call_lock_held(self, stack, counter, time);
    }
    critical_section_end(&cs);
    xdecref(subject);
}

// A function ends. One that began before the profiler is not known.
static void
leave(Profiler *self, const void *key)
{
    int64_t time = now(self);
    CriticalSection cs;
    critical_section_begin(&cs, self);
    Stack *stack = find_stack_lock_held(self, false);
    if (stack != NULL && stack->innermost != NULL && stack->innermost->counter->key == key) {
        end_call_lock_held(self, stack, time);
    }
    critical_section_end(&cs);
}

// ---- callbacks ----

static PyObject *
keep_subject(PyObject *code)
{
    return new_ref(code);
}

static PyObject *
profiler_py_start(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("_pystart_callback", nargs, 2, 3)) {
        return NULL;
    }
    enter((Profiler *)op, args[0], keep_subject, args[0]);
    return new_ref(Py_None);
}

static PyObject *
profiler_py_return(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("_pyreturn_callback", nargs, 3, 3)) {
        return NULL;
    }
    leave((Profiler *)op, args[0]);
    return new_ref(Py_None);
}

// The native function that callable(self_arg, …) calls: new reference, NULL without an exception
// when it is none.
static PyObject *
native_function(PyObject *callable, PyObject *self_arg)
{
    if (cfunction_check(callable)) {
        return new_ref(callable);
    }
    if (type_of(callable) != &PyMethodDescr_Type || type_of(self_arg) == NULL) {
        return NULL;
    }
    PyObject *bound = PyMethodDescr_Type.tp_descr_get(callable, self_arg,
                                                      (PyObject *)type_of(self_arg));
    if (bound == NULL) {
        error_clear();
        return NULL;
    }
    if (!cfunction_check(bound)) {
        clear_ref(bound);
    }
    return bound;
}

// What stands for a native function in the statistics.
static PyObject *
native_subject(PyObject *function)
{
    PyCFunctionObject *f = (PyCFunctionObject *)function;
    if (f->m_self == NULL || module_check(f->m_self)) {
        PyObject *module = f->m_module;
        if (module != NULL && module_check(module)) {
            PyObject *name = module_get_name(module);
            PyObject *text = name != NULL ? str_format("<built-in method %U.%s>", name,
                                                       f->m_ml->ml_name) : NULL;
            xdecref(name);
            return text;
        }
        if (module != NULL && str_check(module)) {
            return str_format("<built-in method %U.%s>", module, f->m_ml->ml_name);
        }
        return str_format("<built-in method %s>", f->m_ml->ml_name);
    }
    PyObject *name = str_intern_cstr(f->m_ml->ml_name);
    PyObject *method = name != NULL ? type_lookup(type_of(f->m_self), name) : NULL;
    PyObject *text = method != NULL ? object_repr(method)
                     : name != NULL ? str_format("<built-in method %U>", name) : NULL;
    xdecref(method);
    xdecref(name);
    return text;
}

static PyObject *
profiler_native_start(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Profiler *self = (Profiler *)op;
    if (!args_check_positional("_ccall_callback", nargs, 4, 4)) {
        return NULL;
    }
    if (self->builtins) {
        PyObject *function = native_function(args[2], args[3]);
        if (function != NULL) {
            enter(self, ((PyCFunctionObject *)function)->m_ml, native_subject, function);
            decref(function);
        }
    }
    return new_ref(Py_None);
}

static PyObject *
profiler_native_return(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Profiler *self = (Profiler *)op;
    if (!args_check_positional("_creturn_callback", nargs, 4, 4)) {
        return NULL;
    }
    if (self->builtins) {
        PyObject *function = native_function(args[2], args[3]);
        if (function != NULL) {
            leave(self, ((PyCFunctionObject *)function)->m_ml);
            decref(function);
        }
    }
    return new_ref(Py_None);
}

// ---- switching on and off ----

static const struct {
    const char *event;
    const char *callback;
} callbacks[] = {
    {"PY_START", "_pystart_callback"}, {"PY_RESUME", "_pystart_callback"},
    {"PY_THROW", "_pystart_callback"}, {"PY_RETURN", "_pyreturn_callback"},
    {"PY_YIELD", "_pyreturn_callback"}, {"PY_UNWIND", "_pyreturn_callback"},
    {"CALL", "_ccall_callback"}, {"C_RETURN", "_creturn_callback"},
    {"C_RAISE", "_creturn_callback"},
};

enum { PROFILER_ID = 2 };

// monitoring.events.NAME.
static long
event_number(PyObject *monitoring, const char *name)
{
    PyObject *events = object_getattr_cstr(monitoring, "events");
    PyObject *number = events != NULL ? object_getattr_cstr(events, name) : NULL;
    long result = number != NULL ? int_as_long(number) : -1;
    xdecref(number);
    xdecref(events);
    return result;
}

// Registers the callbacks (op NULL: removes them) and tells all events that have one.
static int
register_callbacks(PyObject *monitoring, PyObject *op, long *all)
{
    *all = 0;
    for (size_t i = 0; i < sizeof callbacks / sizeof *callbacks; i++) {
        long event = event_number(monitoring, callbacks[i].event);
        PyObject *callback = op != NULL ? object_getattr_cstr(op, callbacks[i].callback)
                                        : new_ref(Py_None);
        PyObject *result = event >= 0 && callback != NULL
                               ? object_call_method_format(monitoring, "register_callback", "ilO",
                                                           PROFILER_ID, event, callback)
                               : NULL;
        xdecref(callback);
        xdecref(result);
        if (result == NULL) {
            return -1;
        }
        *all |= event;
    }
    return 0;
}

static PyObject *
sys_monitoring(void)
{
    return import_attribute("sys", "monitoring");
}

// monitoring.name(PROFILER_ID), or with one more number.
static int
call_monitoring(PyObject *monitoring, const char *name, const char *format, long number)
{
    PyObject *result = object_call_method_format(monitoring, name, format, PROFILER_ID, number);
    xdecref(result);
    return result != NULL ? 0 : -1;
}

static PyObject *
profiler_enable(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"subcalls", "builtins", NULL};
    static ArgsParser parser = {.format = "|pp:enable", .keywords = keywords};
    Profiler *self = (Profiler *)op;
    int subcalls = self->subcalls, builtins = self->builtins;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &subcalls, &builtins)) {
        return NULL;
    }
    PyObject *monitoring = sys_monitoring();
    if (monitoring == NULL) {
        return NULL;
    }
    PyObject *taken = object_call_method_format(monitoring, "use_tool_id", "is", PROFILER_ID,
                                                "cProfile");
    if (taken == NULL) {
        decref(monitoring);
        return error_set(PyExc_ValueError, "Another profiling tool is already active");
    }
    decref(taken);
    self->subcalls = subcalls;
    self->builtins = builtins;
    self->enabled = true;
    long all;
    int status = register_callbacks(monitoring, op, &all);
    if (status == 0) {
        status = call_monitoring(monitoring, "set_events", "il", all);
    }
    decref(monitoring);
    return status < 0 ? NULL : new_ref(Py_None);
}

// Ends the calls that are under way in all threads.
static void
end_all_calls(Profiler *self)
{
    int64_t time = now(self);
    CriticalSection cs;
    critical_section_begin(&cs, self);
    for (Stack *stack = self->stacks; stack != NULL; stack = stack->next) {
        while (stack->innermost != NULL) {
            end_call_lock_held(self, stack, time);
        }
    }
    critical_section_end(&cs);
}

static PyObject *
profiler_disable(PyObject *op, PyObject *unused)
{
    Profiler *self = (Profiler *)op;
    if (atomic_load_relaxed_u32(&self->in_timer)) {
        return error_set(PyExc_RuntimeError, "cannot disable profiler in external timer");
    }
    if (!self->enabled) {
        return new_ref(Py_None);
    }
    PyObject *monitoring = sys_monitoring();
    long all;
    int status = monitoring != NULL ? call_monitoring(monitoring, "set_events", "il", 0) : -1;
    if (status == 0) {
        status = register_callbacks(monitoring, NULL, &all);
    }
    if (status == 0) {
        status = call_monitoring(monitoring, "free_tool_id", "i", 0);
    }
    xdecref(monitoring);
    if (status < 0) {
        return NULL;
    }
    self->enabled = false;
    end_all_calls(self);
    return new_ref(Py_None);
}

// ---- statistics ----

static double
seconds(Profiler *self, int64_t ticks)
{
    return (double)ticks * (self->timer != NULL && self->timer_unit > 0 ? self->timer_unit : 1e-9);
}

// The fields that entries and subentries have in common.
static PyObject *
make_record(Profiler *self, PyTypeObject *type, PyObject *subject, const Counter *counter)
{
    PyObject *record = structseq_new(type);
    if (record == NULL) {
        return NULL;
    }
    PyObject *const fields[] = {
        new_ref(subject), int_from_i64(counter->calls), int_from_i64(counter->recursive_calls),
        float_from_double(seconds(self, counter->total)),
        float_from_double(seconds(self, counter->own)),
    };
    bool complete = true;
    for (Py_ssize_t i = 0; i < 5; i++) {
        complete = complete && fields[i] != NULL;
        structseq_set_steal(record, i, fields[i]);
    }
    if (!complete) {
        clear_ref(record);
    }
    return record;
}

// The records of what an entry calls as a list, or None.
static PyObject *
callee_records(Profiler *self, const Counter *entry)
{
    const Table *callees = entry->callees;
    if (callees == NULL) {
        return new_ref(Py_None);
    }
    PyObject *list = list_new(0);
    for (size_t i = 0; list != NULL && callees->slots != NULL && i <= callees->mask; i++) {
        const Counter *pair = callees->slots[i];
        const Counter *callee = pair != NULL ? table_find(&self->entries, pair->key) : NULL;
        if (callee == NULL || pair->calls == 0) {
            continue;
        }
        PyObject *record = make_record(self, &subentry_type, callee->subject, pair);
        if (record == NULL || list_append_steal(list, record) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

static PyObject *
records_lock_held(Profiler *self)
{
    PyObject *list = list_new(0);
    for (size_t i = 0; list != NULL && self->entries.slots != NULL && i <= self->entries.mask;
         i++) {
        const Counter *entry = self->entries.slots[i];
        if (entry == NULL || entry->calls == 0) {
            continue;
        }
        PyObject *calls = callee_records(self, entry);
        PyObject *record = calls != NULL ? make_record(self, &entry_type, entry->subject, entry)
                                         : NULL;
        if (record == NULL) {
            xdecref(calls);
            clear_ref(list);
            break;
        }
        structseq_set_steal(record, 5, calls);
        if (list_append_steal(list, record) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

static PyObject *
profiler_getstats(PyObject *op, PyObject *unused)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *list = records_lock_held((Profiler *)op);
    critical_section_end(&cs);
    return list;
}

// ---- life ----

static void
drop_everything(Profiler *self)
{
    while (self->stacks != NULL) {
        Stack *stack = self->stacks;
        self->stacks = stack->next;
        while (stack->innermost != NULL) {
            Call *call = stack->innermost;
            stack->innermost = call->outer;
            mem_free(call);
        }
        mem_free(stack);
    }
    while (self->free_calls != NULL) {
        Call *call = self->free_calls;
        self->free_calls = call->outer;
        mem_free(call);
    }
    table_free(&self->entries);
}

static PyObject *
profiler_clear(PyObject *op, PyObject *unused)
{
    Profiler *self = (Profiler *)op;
    if (atomic_load_relaxed_u32(&self->in_timer)) {
        return error_set(PyExc_RuntimeError, "cannot clear profiler in external timer");
    }
    // What is given up is given up outside the section.
    Profiler old = {0};
    CriticalSection cs;
    critical_section_begin(&cs, self);
    old.entries = self->entries;
    old.stacks = self->stacks;
    old.free_calls = self->free_calls;
    self->entries = (Table){NULL, 0, 0};
    self->stacks = NULL;
    self->free_calls = NULL;
    critical_section_end(&cs);
    drop_everything(&old);
    return new_ref(Py_None);
}

static int
profiler_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"timer", "timeunit", "subcalls", "builtins", NULL};
    static ArgsParser parser = {.format = "|Odpp:Profiler", .keywords = keywords};
    Profiler *self = (Profiler *)op;
    PyObject *timer = Py_None;
    double unit = 0;
    int subcalls = 1, builtins = 1;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &timer, &unit, &subcalls, &builtins)) {
        return -1;
    }
    set_ref(self->timer, timer != Py_None ? new_ref(timer) : NULL);
    self->timer_unit = unit;
    self->subcalls = subcalls;
    self->builtins = builtins;
    return 0;
}

static int
profiler_traverse(PyObject *op, visitproc visit, void *arg)
{
    Profiler *self = (Profiler *)op;
    int status = self->timer != NULL ? visit(self->timer, arg) : 0;
    for (size_t i = 0; self->entries.slots != NULL && i <= self->entries.mask && status == 0;
         i++) {
        const Counter *entry = self->entries.slots[i];
        status = entry != NULL && entry->subject != NULL ? visit(entry->subject, arg) : 0;
    }
    return status;
}

static int
profiler_gc_clear(PyObject *op)
{
    Profiler *self = (Profiler *)op;
    clear_ref(self->timer);
    drop_everything(self);
    return 0;
}

static void
profiler_dealloc(PyObject *op)
{
    gc_untrack(op);
    profiler_gc_clear(op);
    type_of(op)->tp_free(op);
}

// ---- types and the module ----

static PyMethodDef profiler_methods[] = {
    {"getstats", profiler_getstats, METH_NOARGS,
     "getstats($self, /)\n--\n\nlist of profiler_entry objects.\n\ngetstats() -> list of "
     "profiler_entry objects\n\nReturn all information collected by the profiler.\nEach "
     "profiler_entry is a tuple-like object with the\nfollowing attributes:\n\n    code          "
     "code object\n    callcount     how many times this was called\n    reccallcount  how many "
     "times called recursively\n    totaltime     total time in this entry\n    inlinetime    "
     "inline time in this entry (not in subcalls)\n    calls         details of the calls\n\nThe "
     "calls attribute is either None or a list of\nprofiler_subentry objects:\n\n    code          "
     "called code object\n    callcount     how many times this is called\n    reccallcount  how "
     "many times this is called recursively\n    totaltime     total time spent in this call\n    "
     "inlinetime    inline time (not in further subcalls)"},
    {"enable", FASTCALL(profiler_enable), METH_FASTCALL | METH_KEYWORDS,
     "enable($self, /, subcalls=True, builtins=True)\n--\n\nStart collecting profiling "
     "information.\n\n  subcalls\n    If True, also records for each function\n    statistics "
     "separated according to its current caller.\n  builtins\n    If True, records the time spent "
     "in\n    built-in functions separately from their caller."},
    {"disable", profiler_disable, METH_NOARGS,
     "disable($self, /)\n--\n\nStop collecting profiling information."},
    {"clear", profiler_clear, METH_NOARGS,
     "clear($self, /)\n--\n\nClear all profiling information collected so far."},
    {"_pystart_callback", FASTCALL(profiler_py_start), METH_FASTCALL, NULL},
    {"_pyreturn_callback", FASTCALL(profiler_py_return), METH_FASTCALL, NULL},
    {"_ccall_callback", FASTCALL(profiler_native_start), METH_FASTCALL, NULL},
    {"_creturn_callback", FASTCALL(profiler_native_return), METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject profiler_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_lsprof.Profiler",
    .tp_basicsize = sizeof(Profiler),
    .tp_dealloc = profiler_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Profiler(timer=None, timeunit=0.0, subcalls=True, builtins=True)\n--\n\nBuild a "
              "profiler object using the specified timer function.\n\nThe default timer is a fast "
              "built-in one based on real time.\nFor custom timer functions returning integers, "
              "'timeunit' can\nbe a float specifying a scale (that is, how long each integer "
              "unit\nis, in seconds).",
    .tp_traverse = profiler_traverse,
    .tp_clear = profiler_gc_clear,
    .tp_methods = profiler_methods,
    .tp_init = profiler_init,
    .tp_new = type_generic_new,
};

static PyStructSequence_Field entry_fields[] = {
    {"code", "code object or built-in function name"},
    {"callcount", "how many times this was called"},
    {"reccallcount", "how many times called recursively"},
    {"totaltime", "total time in this entry"},
    {"inlinetime", "inline time in this entry (not in subcalls)"},
    {"calls", "details of the calls"},
    {NULL, NULL},
};

static PyStructSequence_Field subentry_fields[] = {
    {"code", "called code object or built-in function name"},
    {"callcount", "how many times this is called"},
    {"reccallcount", "how many times this is called recursively"},
    {"totaltime", "total time spent in this call"},
    {"inlinetime", "inline time (not in further subcalls)"},
    {NULL, NULL},
};

static PyStructSequence_Desc entry_desc = {"_lsprof.profiler_entry", NULL, entry_fields, 6};
static PyStructSequence_Desc subentry_desc = {"_lsprof.profiler_subentry", NULL, subentry_fields,
                                              5};

static int
lsprof_exec(PyObject *module)
{
    if (structseq_init_type(&entry_type, &entry_desc) < 0 ||
        structseq_init_type(&subentry_type, &subentry_desc) < 0 ||
        module_add(module, "profiler_entry", (PyObject *)&entry_type) < 0 ||
        module_add(module, "profiler_subentry", (PyObject *)&subentry_type) < 0) {
        return -1;
    }
    return module_add_type(module, &profiler_type);
}

static PyModuleDef_Slot lsprof_slots[] = {
    {Py_mod_exec, lsprof_exec},
    {0, NULL},
};

static PyModuleDef lsprof_definition = {
    .m_name = "_lsprof",
    .m_doc = "Fast profiler",
    .m_slots = lsprof_slots,
};

NATIVE_MODULE(_lsprof, &lsprof_definition)

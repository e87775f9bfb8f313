// sys.monitoring (PEP 669): see monitoring.h.
//
// Settings are in struct Monitoring (one per interpreter, InterpreterRoots.exec_state) and, for events
// of single code objects, in a CodeMonitoring (PyCodeObject.co_extra). JUMP and BRANCH events are told
// before the instruction that follows, when it is known where control went.
//
// Threading: settings change under world_stop; callbacks run without any lock.
#include "vm/monitoring.h"

#include "base/hooks.h"
#include "memory/alloc.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/interpreter.h"
#include "objects/module.h"
#include "objects/namespace.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "thread/critical_section.h"
#include "vm/frames.h"
#include "vm/ops.h"
#include "vm/vm.h"

#define TOOLS 6

enum {
    EVENT_PY_START, EVENT_PY_RESUME, EVENT_PY_RETURN, EVENT_PY_YIELD, EVENT_CALL, EVENT_LINE,
    EVENT_INSTRUCTION, EVENT_JUMP, EVENT_BRANCH_LEFT, EVENT_BRANCH_RIGHT, EVENT_STOP_ITERATION,
    LOCAL_EVENTS,
    EVENT_RAISE = LOCAL_EVENTS, EVENT_EXCEPTION_HANDLED, EVENT_PY_UNWIND, EVENT_PY_THROW,
    EVENT_RERAISE, EVENT_C_RETURN, EVENT_C_RAISE, EVENT_BRANCH, EVENTS,
};

static const char *const event_names[EVENTS] = {
    "PY_START", "PY_RESUME", "PY_RETURN", "PY_YIELD", "CALL", "LINE", "INSTRUCTION", "JUMP",
    "BRANCH_LEFT", "BRANCH_RIGHT", "STOP_ITERATION", "RAISE", "EXCEPTION_HANDLED", "PY_UNWIND",
    "PY_THROW", "RERAISE", "C_RETURN", "C_RAISE", "BRANCH",
};

#define BIT(event) (1u << (event))
#define C_EVENTS (BIT(EVENT_C_RETURN) | BIT(EVENT_C_RAISE))

typedef struct Monitoring {
    PyObject *names[TOOLS];                 // world stopped: owned, NULL: tool not in use
    PyObject *callbacks[TOOLS][EVENTS];     // world stopped: owned or NULL
    uint32_t events[TOOLS];                 // world stopped: global events
    uint32_t local_events[TOOLS];           // world stopped: union over all code objects
    uint32_t clearings[TOOLS];              // world stopped: local events set before are void
    uint32_t restarts;                      // world stopped: disabled places of older ones are void
    uint32_t watches;                       // atomic: numbers for TraceState.number
    PyObject *disable, *missing;            // immutable once made
} Monitoring;

// A place where a tool's callback has answered DISABLE.
typedef struct DisabledPlace {
    int32_t word;
    uint8_t tool, event;
} DisabledPlace;

typedef struct CodeMonitoring {
    DisabledPlace *disabled;                // lock of the code object; first: code_dealloc frees it
    uint32_t events[TOOLS];                 // world stopped
    uint32_t clearings[TOOLS];              // world stopped: when events were set
    uint32_t restarts;                      // owner of the lock of the code object
    int count, capacity;                    // likewise
} CodeMonitoring;

static Monitoring *
monitoring_state(void)
{
    return interpreter_roots()->exec_state;
}

static Monitoring *
monitoring_need_state(void)
{
    InterpreterRoots *roots = interpreter_roots();
    if (roots->exec_state == NULL) {
        Monitoring *m = mem_calloc_or_error(1, sizeof(Monitoring));
        if (m == NULL) {
            return NULL;
        }
        m->disable = object_call_noargs((PyObject *)&PyBaseObject_Type);
        m->missing = object_call_noargs((PyObject *)&PyBaseObject_Type);
        if (m->disable == NULL || m->missing == NULL) {
            mem_free(m);
            return NULL;
        }
        roots->exec_state = m;
    }
    return roots->exec_state;
}

static CodeMonitoring *
code_state(PyCodeObject *code)
{
    return atomic_load_acquire_ptr((CodeMonitoring **)&code->co_extra);
}

static CodeMonitoring *
code_need_state(PyCodeObject *code)
{
    CodeMonitoring *c = code_state(code);
    if (c == NULL) {
        c = mem_calloc_or_error(1, sizeof(CodeMonitoring));
        CodeMonitoring *expected = NULL;
        if (c != NULL && !atomic_cas_ptr((CodeMonitoring **)&code->co_extra, &expected, c)) {
            mem_free(c);
            c = expected;
        }
    }
    return c;
}

static uint32_t
local_events_of(Monitoring *m, CodeMonitoring *c, int tool)
{
    return c == NULL || c->clearings[tool] != m->clearings[tool] ? 0 : c->events[tool];
}

// ---- firing ----

static bool
is_disabled(PyCodeObject *code, Monitoring *m, int word, int tool, int event)
{
    CodeMonitoring *c = code_state(code);
    if (c == NULL || c->count == 0 || c->restarts != m->restarts) {
        return false;
    }
    CriticalSection cs;
    bool found = false;
    critical_section_begin(&cs, code);
    for (int i = 0; i < c->count && !found; i++) {
        DisabledPlace *p = &c->disabled[i];
        found = p->word == word && p->tool == tool && p->event == event;
    }
    critical_section_end(&cs);
    return found;
}

static int
disable_place(PyCodeObject *code, Monitoring *m, int word, int tool, int event)
{
    CodeMonitoring *c = code_need_state(code);
    if (c == NULL) {
        return -1;
    }
    int result = 0;
    CriticalSection cs;
    critical_section_begin(&cs, code);
    if (c->restarts != m->restarts) {
        c->count = 0;
        c->restarts = m->restarts;
    }
    if (c->count == c->capacity) {
        int capacity = c->capacity == 0 ? 8 : 2 * c->capacity;
        DisabledPlace *places = mem_realloc_array(c->disabled, (size_t)capacity, sizeof *places);
        if (places == NULL) {
            error_no_memory();
            result = -1;
        }
        else {
            c->disabled = places;
            c->capacity = capacity;
        }
    }
    if (result == 0) {
        c->disabled[c->count++] = (DisabledPlace){word, (uint8_t)tool, (uint8_t)event};
    }
    critical_section_end(&cs);
    return result;
}

// What a trace function would be told: decides whether f_lineno may be assigned.
static int
trace_event_of(int event)
{
    switch (event) {
    case EVENT_PY_START:
    case EVENT_PY_RESUME:
        return TRACE_CALL;
    case EVENT_LINE:
        return TRACE_LINE;
    case EVENT_INSTRUCTION:
    case EVENT_JUMP:
    case EVENT_BRANCH_LEFT:
    case EVENT_BRANCH_RIGHT:
        return TRACE_OPCODE;
    case EVENT_PY_YIELD:
        return TRACE_RETURN;
    case EVENT_CALL:
    case EVENT_C_RETURN:
        return TRACE_C_CALL;
    default:
        return TRACE_EXCEPTION;
    }
}

static PyObject *
call_watched(Thread *ts, PyObject *callback, int event, PyObject *const *args, size_t nargs)
{
    TraceState *state = ts->trace;
    Value *outer_fp = state->event_fp;
    int outer_event = state->event;
    state->event_fp = ts->fp;
    state->event = trace_event_of(event);
    ts->abi.tracing++;
    PyObject *result = object_vectorcall(callback, args, nargs, NULL);
    ts->abi.tracing--;
    state = ts->trace;
    if (state != NULL) {
        state->last_fp = ts->fp;
        state->event_fp = outer_fp;
        state->event = outer_event;
    }
    return result;
}

static int
call_callback(Thread *ts, Monitoring *m, PyCodeObject *code, int word, int tool, int event,
              PyObject *callback, PyObject *const *args, size_t nargs)
{
    if (callback == NULL || ts->trace == NULL) {
        return 0;
    }
    incref(callback);
    PyObject *result = call_watched(ts, callback, event, args, nargs);
    decref(callback);
    if (result == NULL) {
        return -1;
    }
    int status = 0;
    if (result == m->disable) {
        if (event < LOCAL_EVENTS) {
            status = disable_place(code, m, word, tool, event);
        }
        else {
            clear_ref(m->callbacks[tool][event]);
            error_format(PyExc_ValueError, "Cannot disable %s events. Callback removed.",
                         event_names[event]);
            status = -1;
        }
    }
    decref(result);
    return status;
}

// Whether any tool listens to an event of code.
static uint32_t
listeners(Monitoring *m, PyCodeObject *code, int event)
{
    uint32_t tools = 0;
    CodeMonitoring *c = event < LOCAL_EVENTS ? code_state(code) : NULL;
    uint32_t bit = BIT(event);
    if ((C_EVENTS & bit) != 0) {
        bit = BIT(EVENT_CALL);      // told to tools that watch calls
        c = code_state(code);
    }
    for (int tool = 0; tool < TOOLS; tool++) {
        uint32_t events = m->events[tool] | local_events_of(m, c, tool);
        tools |= (events & bit) != 0 ? 1u << tool : 0;
    }
    return tools;
}

// Calls all callbacks for an event: args[0] is the code object, args[1] the offset or line.
static int
fire(Thread *ts, Value *fp, int event, int position, PyObject *third, PyObject *fourth)
{
    Monitoring *m = monitoring_state();
    PyCodeObject *code = frame_code(fp);
    uint32_t tools = m == NULL || ts->abi.tracing > 0 ? 0 : listeners(m, code, event);
    if (tools == 0) {
        return 0;
    }
    int word = frame_word(fp);
    PyObject *where = int_from_i64(position);
    if (where == NULL) {
        return -1;
    }
    PyObject *args[4] = {(PyObject *)code, where, third, fourth};
    size_t nargs = third == NULL ? 2 : fourth == NULL ? 3 : 4;
    int result = 0;
    for (int tool = 0; tool < TOOLS && result == 0; tool++) {
        if ((tools & 1u << tool) == 0 || is_disabled(code, m, word, tool, event)) {
            continue;
        }
        result = call_callback(ts, m, code, word, tool, event, m->callbacks[tool][event], args,
                               nargs);
        if (result == 0 && (event == EVENT_BRANCH_LEFT || event == EVENT_BRANCH_RIGHT)) {
            result = call_callback(ts, m, code, word, tool, event,
                                   m->callbacks[tool][EVENT_BRANCH], args, nargs);
        }
    }
    decref(where);
    return result;
}

int
monitoring_start(Thread *ts, Value *fp, bool resumed)
{
    return fire(ts, fp, resumed ? EVENT_PY_RESUME : EVENT_PY_START, frame_word(fp) * 8, NULL, NULL);
}

int
monitoring_return(Thread *ts, Value *fp, bool yields, PyObject *result)
{
    return fire(ts, fp, yields ? EVENT_PY_YIELD : EVENT_PY_RETURN, frame_word(fp) * 8, result, NULL);
}

int
monitoring_line(Thread *ts, Value *fp, int line)
{
    return fire(ts, fp, EVENT_LINE, line, NULL, NULL);
}

// Loops test at their end. The jump to the first test is none that the program has.
static bool
enters_loop(PyCodeObject *code, int from, int to)
{
    return to > from && opcode_info[WORD_OP(code->co_words[to])].family == OP_FOR_ITER;
}

// A jump was executed last in this frame: tells where it went.
static int
tell_branch(Thread *ts, Value *fp, int from)
{
    PyCodeObject *code = frame_code(fp);
    int to = frame_word(fp);
    Py_ssize_t left, right;
    PyObject *target = int_from_i64((int64_t)to * 8);
    if (target == NULL) {
        return -1;
    }
    const uint64_t *pc = frame_pc(fp);
    fp[FRAME_PC] = (Value)(code->co_words + from);
    int result = 0;
    if (code_branch(code, from, &left, &right)) {
        result = fire(ts, fp, to == left ? EVENT_BRANCH_LEFT : EVENT_BRANCH_RIGHT, from * 8, target, NULL);
    }
    else if (!enters_loop(code, from, to)) {
        result = fire(ts, fp, EVENT_JUMP, from * 8, target, NULL);
    }
    fp[FRAME_PC] = (Value)pc;
    decref(target);
    return result;
}

// The first argument of the call at fp: new reference; MISSING when there is none.
static PyObject *
first_argument(Monitoring *m, Value *fp, uint64_t word)
{
    Value *window = &fp[WORD_B(word)];
    Value v = VALUE_UNSET;
    if (opcode_info[WORD_OP(word)].family == OP_CALL_FUNCTION_EX) {
        PyObject *args = value_is_pointer(window[1]) ? value_pointer(window[1]) : NULL;
        return new_ref(args != NULL && tuple_check(args) && tuple_size(args) > 0
                           ? tuple_item(args, 0) : m->missing);
    }
    if ((WORD_FLAGS(word) & VARIANT_3) != 0) {
        v = window[WINDOW_SELF];
    }
    if (v == VALUE_UNSET && WORD_C(word) > 0) {
        v = window[WINDOW_ARGS];
    }
    return v == VALUE_UNSET ? new_ref(m->missing) : value_box(v);
}

static int
tell_call(Thread *ts, Value *fp, uint64_t word)
{
    Monitoring *m = monitoring_state();
    if (m == NULL || listeners(m, frame_code(fp), EVENT_CALL) == 0) {
        return 0;
    }
    PyObject *callable = value_box(fp[WORD_B(word)]);
    PyObject *first = callable == NULL ? NULL : first_argument(m, fp, word);
    int result = first == NULL ? -1
                               : fire(ts, fp, EVENT_CALL, frame_word(fp) * 8, callable, first);
    xdecref(first);
    xdecref(callable);
    return result;
}

int
monitoring_instruction(Thread *ts, Value *fp)
{
    TraceState *state = ts->trace;
    if (state->branch_fp == fp && tell_branch(ts, fp, state->branch_word) < 0) {
        state->branch_fp = NULL;
        return -1;
    }
    state->branch_fp = NULL;
    if (fire(ts, fp, EVENT_INSTRUCTION, frame_word(fp) * 8, NULL, NULL) < 0) {
        return -1;
    }
    uint64_t word = atomic_load_relaxed_u64(frame_pc(fp));
    const struct OpcodeInfo *info = &opcode_info[WORD_OP(word)];
    if ((info->properties & OPCODE_JUMPS) != 0 && info->family != OP_SEND && ts->trace != NULL) {
        state = ts->trace;
        state->branch_fp = fp;
        state->branch_word = frame_word(fp);
    }
    if (info->family == OP_CALL || info->family == OP_CALL_KW ||
        info->family == OP_CALL_FUNCTION_EX) {
        return tell_call(ts, fp, word);
    }
    return 0;
}

int
monitoring_native_return(Thread *ts, PyObject *callable, PyObject *result)
{
    Value *fp = ts->fp;
    Monitoring *m = monitoring_state();
    int event = result == NULL ? EVENT_C_RAISE : EVENT_C_RETURN;
    if (m == NULL || fp == NULL || listeners(m, frame_code(fp), event) == 0) {
        return 0;
    }
    uint64_t word = atomic_load_relaxed_u64(frame_pc(fp));
    int op = opcode_info[WORD_OP(word)].family;
    if (op != OP_CALL && op != OP_CALL_KW && op != OP_CALL_FUNCTION_EX) {
        return 0;
    }
    PyObject *exc = error_take();
    PyObject *first = first_argument(m, fp, word);
    int status = first == NULL ? -1 : fire(ts, fp, event, frame_word(fp) * 8, callable, first);
    xdecref(first);
    if (status < 0) {
        xdecref(exc);
        return -1;
    }
    error_restore_steal(exc);
    return 0;
}

// -1: the callback's exception is current.
static int
tell_exception(Thread *ts, Value *fp, int event, PyObject *exc)
{
    PyObject *saved = error_take();
    PyObject *subject = saved != NULL ? new_ref(saved) : xnew_ref(exc);
    int result = 0;
    if (subject != NULL && fire(ts, fp, event, frame_word(fp) * 8, subject, NULL) < 0) {
        clear_ref(saved);
        result = -1;
    }
    else {
        error_restore_steal(saved);
    }
    xdecref(subject);
    return result;
}

int
monitoring_stop(Thread *ts, Value *fp, PyObject *exc)
{
    return fire(ts, fp, EVENT_STOP_ITERATION, frame_word(fp) * 8, exc, NULL);
}

void
monitoring_raise(Thread *ts, Value *fp, bool first)
{
    tell_exception(ts, fp, first ? EVENT_RAISE : EVENT_RERAISE, NULL);
}

// The handler's registers hold the exception that is handled.
int
monitoring_handled(Thread *ts, Value *fp)
{
    ExceptionEntry entry;
    PyCodeObject *code = frame_code(fp);
    int target = frame_word(fp);
    for (int word = 0; word < code_size(code); word++) {
        if (code_find_handler(code, word, &entry) && entry.target == target) {
            Value v = fp[entry.depth + entry.lasti];
            if (value_is_pointer(v) && v != VALUE_UNSET) {
                return tell_exception(ts, fp, EVENT_EXCEPTION_HANDLED, value_pointer(v));
            }
            return 0;
        }
    }
    return 0;
}

void
monitoring_unwind(Thread *ts, Value *fp)
{
    tell_exception(ts, fp, EVENT_PY_UNWIND, NULL);
}

void
monitoring_throw(Thread *ts, Value *fp)
{
    tell_exception(ts, fp, EVENT_PY_THROW, NULL);
}

uint32_t
monitoring_new_watch(void)
{
    Monitoring *m = monitoring_state();
    return m == NULL ? 0 : atomic_add_u32(&m->watches, 1);
}

// ---- settings ----

static bool
anything_active(Monitoring *m)
{
    for (int tool = 0; tool < TOOLS; tool++) {
        if (m->events[tool] != 0 || m->local_events[tool] != 0) {
            return true;
        }
    }
    return false;
}

// Tells all threads whether they have to watch. World stopped.
static int
update_threads(Monitoring *m, Interpreter *interp)
{
    bool active = anything_active(m);
    int result = 0;
    for (Thread *ts = interpreter_first_thread(interp); ts != NULL; ts = thread_next(ts)) {
        result |= trace_update(ts, active);
    }
    return result;
}

static int
tool_from_object(PyObject *op)
{
    int tool = int_as_int(op);
    if (tool == -1 && error_occurred()) {
        return -1;
    }
    if (tool < 0 || tool >= TOOLS) {
        error_format(PyExc_ValueError, "invalid tool %d (must be between 0 and 5)", tool);
        return -1;
    }
    return tool;
}

static int
used_tool_from_object(Monitoring *m, PyObject *op)
{
    int tool = tool_from_object(op);
    if (tool >= 0 && m->names[tool] == NULL) {
        error_format(PyExc_ValueError, "tool %d is not in use", tool);
        return -1;
    }
    return tool;
}

static PyObject *
use_tool_id(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Monitoring *m = monitoring_need_state();
    if (m == NULL || !args_check_positional("use_tool_id", nargs, 2, 2)) {
        return NULL;
    }
    int tool = tool_from_object(args[0]);
    if (tool < 0) {
        return NULL;
    }
    if (!str_check(args[1])) {
        return error_set(PyExc_ValueError, "tool name must be a str");
    }
    if (m->names[tool] != NULL) {
        return error_format(PyExc_ValueError, "tool %d is already in use", tool);
    }
    m->names[tool] = new_ref(args[1]);
    return new_ref(Py_None);
}

static int
clear_tool(Monitoring *m, int tool)
{
    Interpreter *interp = interpreter_current();
    PyObject *dropped[EVENTS];
    world_stop(interp);
    m->events[tool] = 0;
    m->local_events[tool] = 0;
    m->clearings[tool]++;
    m->restarts++;
    for (int event = 0; event < EVENTS; event++) {
        dropped[event] = m->callbacks[tool][event];
        m->callbacks[tool][event] = NULL;
    }
    int result = update_threads(m, interp);
    world_start(interp);
    for (int event = 0; event < EVENTS; event++) {
        xdecref(dropped[event]);
    }
    return result;
}

static PyObject *
clear_tool_id(PyObject *module, PyObject *op)
{
    Monitoring *m = monitoring_need_state();
    int tool = m == NULL ? -1 : tool_from_object(op);
    if (tool < 0 || (m->names[tool] != NULL && clear_tool(m, tool) < 0)) {
        return NULL;
    }
    return new_ref(Py_None);
}

static PyObject *
free_tool_id(PyObject *module, PyObject *op)
{
    Monitoring *m = monitoring_need_state();
    int tool = m == NULL ? -1 : tool_from_object(op);
    if (tool < 0 || (m->names[tool] != NULL && clear_tool(m, tool) < 0)) {
        return NULL;
    }
    clear_ref(m->names[tool]);
    return new_ref(Py_None);
}

static PyObject *
get_tool(PyObject *module, PyObject *op)
{
    Monitoring *m = monitoring_need_state();
    int tool = m == NULL ? -1 : tool_from_object(op);
    return tool < 0 ? NULL : new_ref(m->names[tool] == NULL ? Py_None : m->names[tool]);
}

static PyObject *
register_callback(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Monitoring *m = monitoring_need_state();
    if (m == NULL || !args_check_positional("register_callback", nargs, 3, 3)) {
        return NULL;
    }
    int tool = tool_from_object(args[0]);
    int event = tool < 0 ? -1 : int_as_int(args[1]);
    if (tool < 0 || (event == -1 && error_occurred())) {
        return NULL;
    }
    if (event <= 0 || (event & (event - 1)) != 0) {
        return error_set(PyExc_ValueError, "The callback can only be set for one event at a time");
    }
    int number = __builtin_ctz((unsigned)event);
    if (number >= EVENTS) {
        return error_format(PyExc_ValueError, "invalid event %d", event);
    }
    PyObject *audited = hooks.audit == NULL ? NULL : tuple_pack(1, args[2]);
    if (hooks.audit != NULL &&
        (audited == NULL || hooks.audit("sys.monitoring.register_callback", audited) < 0)) {
        xdecref(audited);
        return NULL;
    }
    xdecref(audited);
    Interpreter *interp = interpreter_current();
    world_stop(interp);
    PyObject *old = m->callbacks[tool][number];
    m->callbacks[tool][number] = args[2] == Py_None ? NULL : new_ref(args[2]);
    world_start(interp);
    return old == NULL ? new_ref(Py_None) : old;
}

// An event set from Python: C_RETURN and C_RAISE only together with CALL.
static int
events_from_object(PyObject *op, uint32_t *events, bool local)
{
    int value = int_as_int(op);
    if (value == -1 && error_occurred()) {
        return -1;
    }
    if (value < 0 || value >= 1 << EVENTS) {
        error_format(PyExc_ValueError, "invalid %sevent set 0x%x", local ? "local " : "", value);
        return -1;
    }
    *events = (uint32_t)value;
    if ((*events & C_EVENTS) != 0 && (*events & (C_EVENTS | BIT(EVENT_CALL))) !=
                                          (C_EVENTS | BIT(EVENT_CALL))) {
        error_set(PyExc_ValueError, "cannot set C_RETURN or C_RAISE events independently");
        return -1;
    }
    *events &= ~(uint32_t)C_EVENTS;
    if ((*events & BIT(EVENT_BRANCH)) != 0) {
        *events &= ~BIT(EVENT_BRANCH);
        *events |= BIT(EVENT_BRANCH_LEFT) | BIT(EVENT_BRANCH_RIGHT);
    }
    if (local && *events >= BIT(LOCAL_EVENTS)) {
        error_format(PyExc_ValueError, "invalid local event set 0x%x", value);
        return -1;
    }
    return 0;
}

static PyObject *
events_object(uint32_t events)
{
    return int_from_i64(events);
}

static PyObject *
get_events(PyObject *module, PyObject *op)
{
    Monitoring *m = monitoring_need_state();
    int tool = m == NULL ? -1 : tool_from_object(op);
    return tool < 0 ? NULL : events_object(m->events[tool]);
}

static PyObject *
set_events(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Monitoring *m = monitoring_need_state();
    uint32_t events;
    if (m == NULL || !args_check_positional("set_events", nargs, 2, 2)) {
        return NULL;
    }
    int tool = used_tool_from_object(m, args[0]);
    if (tool < 0 || events_from_object(args[1], &events, false) < 0) {
        return NULL;
    }
    Interpreter *interp = interpreter_current();
    world_stop(interp);
    m->events[tool] = events;
    int result = update_threads(m, interp);
    world_start(interp);
    return result < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
get_local_events(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Monitoring *m = monitoring_need_state();
    if (m == NULL || !args_check_positional("get_local_events", nargs, 2, 2)) {
        return NULL;
    }
    int tool = tool_from_object(args[0]);
    if (tool < 0) {
        return NULL;
    }
    if (!code_check(args[1])) {
        return error_set(PyExc_TypeError, "code must be a code object");
    }
    CodeMonitoring *c = code_state((PyCodeObject *)args[1]);
    return events_object(local_events_of(m, c, tool));
}

static PyObject *
set_local_events(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    Monitoring *m = monitoring_need_state();
    uint32_t events;
    if (m == NULL || !args_check_positional("set_local_events", nargs, 3, 3)) {
        return NULL;
    }
    int tool = used_tool_from_object(m, args[0]);
    if (tool < 0) {
        return NULL;
    }
    if (!code_check(args[1])) {
        return error_set(PyExc_TypeError, "code must be a code object");
    }
    CodeMonitoring *c = code_need_state((PyCodeObject *)args[1]);
    if (c == NULL || events_from_object(args[2], &events, true) < 0) {
        return NULL;
    }
    Interpreter *interp = interpreter_current();
    world_stop(interp);
    c->events[tool] = events;
    c->clearings[tool] = m->clearings[tool];
    m->local_events[tool] |= events;
    int result = update_threads(m, interp);
    world_start(interp);
    return result < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
restart_events(PyObject *module, PyObject *unused)
{
    Monitoring *m = monitoring_need_state();
    if (m == NULL) {
        return NULL;
    }
    Interpreter *interp = interpreter_current();
    world_stop(interp);
    m->restarts++;
    world_start(interp);
    return new_ref(Py_None);
}

// Names of events with the tools that listen to them.
static PyObject *
all_events(PyObject *module, PyObject *unused)
{
    Monitoring *m = monitoring_need_state();
    PyObject *dict = m == NULL ? NULL : dict_new();
    for (int event = 0; event < EVENTS && dict != NULL; event++) {
        int tools = 0;
        for (int tool = 0; tool < TOOLS; tool++) {
            tools |= (m->events[tool] & BIT(event)) != 0 ? 1 << tool : 0;
        }
        PyObject *value = tools == 0 ? NULL : int_from_i64(tools);
        if (tools != 0 && (value == NULL || dict_set_cstr(dict, event_names[event], value) < 0)) {
            clear_ref(dict);
        }
        xdecref(value);
    }
    return dict;
}

static PyMethodDef monitoring_functions[] = {
    {"use_tool_id", (PyCFunction)use_tool_id, METH_FASTCALL,
     "use_tool_id($module, tool_id, name, /)\n--\n\n"},
    {"clear_tool_id", clear_tool_id, METH_O, "clear_tool_id($module, tool_id, /)\n--\n\n"},
    {"free_tool_id", free_tool_id, METH_O, "free_tool_id($module, tool_id, /)\n--\n\n"},
    {"get_tool", get_tool, METH_O, "get_tool($module, tool_id, /)\n--\n\n"},
    {"register_callback", (PyCFunction)register_callback, METH_FASTCALL,
     "register_callback($module, tool_id, event, func, /)\n--\n\n"},
    {"get_events", get_events, METH_O, "get_events($module, tool_id, /)\n--\n\n"},
    {"set_events", (PyCFunction)set_events, METH_FASTCALL,
     "set_events($module, tool_id, event_set, /)\n--\n\n"},
    {"get_local_events", (PyCFunction)get_local_events, METH_FASTCALL,
     "get_local_events($module, tool_id, code, /)\n--\n\n"},
    {"set_local_events", (PyCFunction)set_local_events, METH_FASTCALL,
     "set_local_events($module, tool_id, code, event_set, /)\n--\n\n"},
    {"restart_events", restart_events, METH_NOARGS, "restart_events($module, /)\n--\n\n"},
    {"_all_events", all_events, METH_NOARGS, "_all_events($module, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static int
add_events(PyObject *module)
{
    PyObject *dict = dict_new();
    int result = dict == NULL ? -1 : 0;
    for (int event = -1; event < EVENTS && result == 0; event++) {
        PyObject *value = int_from_i64(event < 0 ? 0 : BIT(event));
        result = value == NULL ? -1
                               : dict_set_cstr(dict, event < 0 ? "NO_EVENTS" : event_names[event],
                                               value);
        xdecref(value);
    }
    PyObject *events = result < 0 ? NULL : namespace_new(dict);
    xdecref(dict);
    return events == NULL ? -1 : module_add_steal(module, "events", events);
}

PyObject *
vm_monitoring_module(void)
{
    Monitoring *m = monitoring_need_state();
    PyObject *module = m == NULL ? NULL : module_new_cstr("sys.monitoring");
    if (module == NULL) {
        return NULL;
    }
    if (module_add_functions(module, monitoring_functions) < 0 || add_events(module) < 0 ||
        module_add(module, "DISABLE", m->disable) < 0 ||
        module_add(module, "MISSING", m->missing) < 0 ||
        module_add_int(module, "DEBUGGER_ID", 0) < 0 ||
        module_add_int(module, "COVERAGE_ID", 1) < 0 ||
        module_add_int(module, "PROFILER_ID", 2) < 0 ||
        module_add_int(module, "OPTIMIZER_ID", 5) < 0) {
        clear_ref(module);
    }
    return module;
}

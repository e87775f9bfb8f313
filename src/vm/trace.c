// Tracing and profiling (trace.h): sys.settrace and sys.setprofile.
//
// Call events are recognised by the frame pointer: a frame that lies above the frame of the last
// instruction seen has just been entered (called or resumed); one below has been returned to.
#include "vm/trace.h"

#include "base/hooks.h"
#include "memory/alloc.h"
#include "objects/call.h"
#include "objects/cfunction.h"
#include "objects/descr.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "thread/runtime.h"
#include "vm/frames.h"
#include "vm/generator.h"
#include "vm/monitoring.h"
#include "vm/ops.h"
#include "vm/vm.h"

static TraceState *trace_state(Thread *ts) { return ts->trace; }

// ---- calling tools ----

// Calls a C trace function with the current exception put aside. 0, or -1 with its exception (the
// one put aside is dropped then).
static int
trace_call_tool(Thread *ts, Py_tracefunc function, PyObject *self, Value *fp, int event,
                PyObject *arg)
{
    TraceState *state = trace_state(ts);
    if (function == NULL || ts->abi.tracing > 0) {
        return 0;
    }
    PyFrameObject *f = frame_object_for(fp);
    if (f == NULL) {
        return -1;
    }
    PyObject *exc = error_take();
    Value *outer_fp = state->event_fp;
    int outer_event = state->event;
    PyObject *keep = xnew_ref(self);
    incref(f);
    state->event_fp = fp;
    state->event = event;
    ts->abi.tracing++;
    int result = function(self, f, event, arg);
    ts->abi.tracing--;
    decref(f);
    xdecref(keep);
    state = trace_state(ts);
    if (state != NULL) {
        state->event_fp = outer_fp;
        state->event = outer_event;
        state->last_fp = fp;
    }
    if (result < 0) {
        xdecref(exc);
        return -1;
    }
    error_restore_steal(exc);
    return 0;
}

static int
trace_tell(Thread *ts, Value *fp, int event, PyObject *arg)
{
    TraceState *state = trace_state(ts);
    if (event != TRACE_LINE && event != TRACE_OPCODE && event != TRACE_EXCEPTION &&
        trace_call_tool(ts, state->profile, state->profile_arg, fp, event, arg) < 0) {
        return -1;
    }
    state = trace_state(ts);
    return state == NULL ? 0 : trace_call_tool(ts, state->trace, state->trace_arg, fp, event, arg);
}

// ---- events of instructions ----

// Whether going back to a word begins its line anew: it is the first of the line in the order of the
// code, or that of a loop (not of an await).
static bool
trace_line_starts(PyCodeObject *code, int word, int line, int from)
{
    return word == 0 || code_line(code, word - 1) != line ||
           ((opcode_info[WORD_OP(code->co_words[from])].properties & OPCODE_JUMPS) != 0 &&
            opcode_info[WORD_OP(code->co_words[word])].family != OP_SEND);
}

// A frame that ran unwatched before has executed the word in front of this one last (a call as a rule).
static void
trace_watch_frame(Thread *ts, PyFrameObject *f)
{
    uint32_t number = trace_state(ts)->number;
    int word = frame_word(f->fp);
    if (f->f_watch != number) {
        f->f_watch = number;
        f->f_last_word = word - 1;
        f->f_last_line = word == 0 ? -1 : code_line(f->f_code, word - 1);
    }
}

static int
trace_line_event(Thread *ts, Value *fp)
{
    PyFrameObject *f = frame_object_for(fp);
    if (f == NULL) {
        return -1;
    }
    trace_watch_frame(ts, f);
    PyCodeObject *code = frame_code(fp);
    int word = frame_word(fp), line = code_line(code, word);
    bool again = word < f->f_last_word && trace_line_starts(code, word, line, f->f_last_word);
    bool event = line > 0 && (line != f->f_last_line || again);
    if (line > 0) {
        f->f_last_line = line;
    }
    f->f_last_word = word;
    if (event) {
        if (f->f_trace_lines && trace_tell(ts, fp, TRACE_LINE, Py_None) < 0) {
            return -1;
        }
        if (monitoring_active(ts) && monitoring_line(ts, fp, line) < 0) {
            return -1;
        }
    }
    if (f->f_trace_opcodes && ts->trace != NULL &&
        trace_tell(ts, fp, TRACE_OPCODE, Py_None) < 0) {
        return -1;
    }
    f->f_last_word = frame_word(fp);
    return 0;
}

// A return or yield is about to happen.
static int
trace_return_event(Thread *ts, Value *fp, uint64_t word, int op)
{
    Value v = op == OP_RETURN_CONST ? frame_code(fp)->co_values[WORD_BC(word)]
              : op == OP_YIELD_VALUE ? fp[WORD_B(word)]
                                     : fp[WORD_A(word)];
    PyObject *result = value_box(v);
    if (result == NULL) {
        return -1;
    }
    trace_state(ts)->yields = op == OP_YIELD_VALUE;
    int status = trace_tell(ts, fp, TRACE_RETURN, result);
    if (ts->trace != NULL) {
        trace_state(ts)->yields = false;
    }
    if (status == 0 && ts->trace != NULL && monitoring_active(ts)) {
        status = monitoring_return(ts, fp, op == OP_YIELD_VALUE, result);
    }
    decref(result);
    return status;
}

int
trace_instruction(Thread *ts, Value *fp)
{
    TraceState *state = trace_state(ts);
    if (ts->abi.tracing > 0) {
        state->last_fp = fp;
        return 0;
    }
    uint64_t word = atomic_load_relaxed_u64(frame_pc(fp));
    int op = opcode_info[WORD_OP(word)].family;
    if (op == OP_RETURN_GENERATOR) {
        state->last_fp = frame_previous(fp);
        return 0;
    }
    bool entered = fp > state->last_fp;
    state->last_fp = fp;
    if (entered) {
        bool resumed = generator_frame_started(fp) && frame_word(fp) > 1;
        PyFrameObject *f = frame_object_for(fp);
        if (f == NULL) {
            return -1;
        }
        // A call is seen at the first word, which has the line of the definition.
        Value entry = fp[FRAME_PC];
        if (!resumed) {
            fp[FRAME_PC] = (Value)frame_code(fp)->co_words;
        }
        int status = trace_tell(ts, fp, TRACE_CALL, Py_None);
        if (status == 0 && ts->trace != NULL && monitoring_active(ts)) {
            status = monitoring_start(ts, fp, resumed);
        }
        fp[FRAME_PC] = entry;
        if (status < 0) {
            return -1;
        }
        if (ts->trace != NULL) {
            f->f_watch = trace_state(ts)->number;
            f->f_last_line = resumed ? code_line(frame_code(fp), frame_word(fp)) : -1;
            f->f_last_word = resumed ? frame_word(fp) : -1;
        }
    }
    if (ts->trace != NULL && trace_line_event(ts, fp) < 0) {
        return -1;
    }
    if (ts->trace != NULL && monitoring_active(ts) && monitoring_instruction(ts, fp) < 0) {
        return -1;
    }
    if (ts->trace != NULL &&
        (op == OP_RETURN_VALUE || op == OP_RETURN_CONST || op == OP_YIELD_VALUE)) {
        return trace_return_event(ts, fp, word, op);
    }
    return 0;
}

// ---- exceptions ----

// An 'exception' event. 0, or -1 with the tool's exception instead of the one under way.
static int
trace_tell_exception(Thread *ts, Value *fp, PyObject *exc)
{
    TraceState *state = trace_state(ts);
    PyObject *traceback = exception_get_traceback(exc);
    PyObject *arg = tuple_pack(3, type_of(exc), exc, traceback == NULL ? Py_None : traceback);
    xdecref(traceback);
    int status = arg == NULL ? -1
                             : trace_call_tool(ts, state->trace, state->trace_arg, fp,
                                               TRACE_EXCEPTION, arg);
    xdecref(arg);
    return status;
}

void
trace_raise(Thread *ts, Value *fp, bool reported)
{
    TraceState *state = trace_state(ts);
    bool thrown = fp > state->last_fp;      // by throw(): the frame has just been entered
    state->last_fp = fp;
    if (ts->abi.tracing > 0) {
        return;
    }
    if (thrown) {
        trace_tell(ts, fp, TRACE_CALL, Py_None);
        if (monitoring_active(ts)) {
            monitoring_throw(ts, fp);
        }
    }
    if (monitoring_active(ts)) {
        monitoring_raise(ts, fp, reported);
    }
    state = trace_state(ts);
    if (!reported || state == NULL || state->trace == NULL || ts->abi.current_exception == NULL) {
        return;
    }
    trace_tell_exception(ts, fp, ts->abi.current_exception);
}

int
trace_stop(Thread *ts, Value *fp, Value result)
{
    if (ts->abi.tracing > 0) {
        return 0;
    }
    PyObject *value = value_box(result);
    PyObject *exc = value == NULL      ? NULL
                    : value == Py_None ? object_call_noargs(PyExc_StopIteration)
                                       : object_call_onearg(PyExc_StopIteration, value);
    xdecref(value);
    int status = exc == NULL ? -1 : trace_tell_exception(ts, fp, exc);
    if (status == 0 && monitoring_active(ts)) {
        status = monitoring_stop(ts, fp, exc);
    }
    xdecref(exc);
    return status;
}

Value
trace_next(Thread *ts, Value *fp, PyObject *iterator)
{
    PyObject *item = type_of(iterator)->tp_iternext(iterator);
    if (item != NULL) {
        return value_result(item);
    }
    if (error_occurred() && error_matches(PyExc_StopIteration)) {
        trace_raise(ts, fp, true);
        if (error_matches(PyExc_StopIteration)) {
            error_clear();
        }
    }
    return VALUE_UNSET;
}

// Iterators made in C end without an exception as a rule.
int
trace_sent(Thread *ts, Value *fp, PyObject *receiver, Value result)
{
    PyTypeObject *type = type_of(receiver);
    bool raised = result != value_none() || type_has_feature(type, Py_TPFLAGS_HEAPTYPE) ||
                  type == &_PyAsyncGenASend_Type || type == &_PyAsyncGenAThrow_Type;
    return raised ? trace_stop(ts, fp, result) : 0;
}

int
trace_handled(Thread *ts, Value *fp)
{
    return monitoring_active(ts) && ts->abi.tracing == 0 ? monitoring_handled(ts, fp) : 0;
}

void
trace_unwind(Thread *ts, Value *fp)
{
    if (ts->abi.tracing > 0) {
        return;
    }
    if (monitoring_active(ts)) {
        monitoring_unwind(ts, fp);
    }
    if (ts->trace != NULL) {
        trace_tell(ts, fp, TRACE_RETURN, Py_None);
    }
    if (ts->trace != NULL) {
        trace_state(ts)->last_fp = frame_previous(fp);
    }
}

// ---- native calls ----

static bool
is_native(PyObject *callable)
{
    return cfunction_check(callable) || type_of(callable) == &PyMethodDescr_Type;
}

int
trace_native_call(Thread *ts, PyObject *callable)
{
    TraceState *state = trace_state(ts);
    if (ts->abi.tracing > 0) {
        return 0;
    }
    return is_native(callable)
               ? trace_call_tool(ts, state->profile, state->profile_arg, ts->fp, TRACE_C_CALL,
                                 callable)
               : 0;
}

int
trace_native_return(Thread *ts, PyObject *callable, PyObject *result)
{
    TraceState *state = trace_state(ts);
    state->last_fp = ts->fp;
    if (ts->abi.tracing > 0) {
        return 0;
    }
    if (monitoring_active(ts) && monitoring_native_return(ts, callable, result) < 0) {
        return -1;
    }
    return ts->trace != NULL && is_native(callable)
               ? trace_call_tool(ts, state->profile, state->profile_arg, ts->fp,
                                 result == NULL ? TRACE_C_EXCEPTION : TRACE_C_RETURN, callable)
               : 0;
}

bool
trace_jump_allowed(Thread *ts, Value *fp)
{
    TraceState *state = trace_state(ts);
    if (state == NULL || state->event_fp != fp) {
        error_set(PyExc_ValueError, "f_lineno can only be set in a trace function");
        return false;
    }
    switch (state->event) {
    case TRACE_LINE:
    case TRACE_OPCODE:
        return true;
    case TRACE_CALL:
        error_set(PyExc_ValueError, "can't jump from the 'call' trace event of a new frame");
        return false;
    case TRACE_C_CALL:
        error_set(PyExc_ValueError, "can't jump during a call");
        return false;
    case TRACE_EXCEPTION:
        error_set(PyExc_ValueError, "can only jump from a 'line' trace event");
        return false;
    default:
        if (!state->yields) {
            error_set(PyExc_ValueError, "can only jump from a 'line' trace event");
        }
        return state->yields;
    }
}

// ---- sys.settrace and sys.setprofile ----

static PyObject *
trace_event_name(int event)
{
    PyObject *names[] = {ID(call), ID(exception), ID(line), ID(return), ID(c_call),
                         ID(c_exception), ID(c_return), ID(opcode)};
    return names[event];
}

static PyObject *
trace_call_function(PyObject *function, PyFrameObject *frame, int event, PyObject *arg)
{
    return object_call_objargs(function, frame, trace_event_name(event), arg == NULL ? Py_None : arg,
                               NULL);
}

static int
profile_function(PyObject *self, PyFrameObject *frame, int event, PyObject *arg)
{
    PyObject *result = trace_call_function(self, frame, event, arg);
    if (result == NULL) {
        PyObject *exc = error_take();
        vm_set_profile(thread_current(), NULL);
        error_restore_steal(exc);
        return -1;
    }
    decref(result);
    return 0;
}

// The global function gets call events; what it returns gets the others of that frame.
static int
trace_function(PyObject *self, PyFrameObject *frame, int event, PyObject *arg)
{
    PyObject *function = event == TRACE_CALL ? self : frame->f_trace;
    if (function == NULL) {
        return 0;
    }
    PyObject *keep = new_ref(function);
    PyObject *result = trace_call_function(keep, frame, event, arg);
    decref(keep);
    if (result == NULL) {
        PyObject *exc = error_take();
        vm_set_trace(thread_current(), NULL);
        clear_ref(frame->f_trace);
        error_restore_steal(exc);
        return -1;
    }
    if (result != Py_None) {
        set_ref(frame->f_trace, result);
    }
    else {
        decref(result);
    }
    return 0;
}

// Makes or frees the state as the settings ask for it. 0 or -1 with MemoryError.
static int
trace_settle(Thread *ts)
{
    TraceState *state = trace_state(ts);
    if (state != NULL && state->trace == NULL && state->profile == NULL && !state->monitoring) {
        ts->trace = NULL;
        mem_free(state);
    }
    thread_interrupt(ts, BREAK_TRACE);
    return 0;
}

static TraceState *
trace_need_state(Thread *ts)
{
    if (ts->trace == NULL) {
        TraceState *state = mem_calloc_or_error(1, sizeof(TraceState));
        if (state == NULL) {
            return NULL;
        }
        state->last_fp = ts->fp;
        state->number = monitoring_new_watch();
        ts->trace = state;
    }
    return ts->trace;
}

static int
trace_install(Thread *ts, bool profile, Py_tracefunc function, PyObject *arg)
{
    if (function == NULL && ts->trace == NULL) {
        return 0;
    }
    TraceState *state = trace_need_state(ts);
    if (state == NULL) {
        return -1;
    }
    PyObject *old = profile ? state->profile_arg : state->trace_arg;
    if (profile) {
        state->profile = function;
        state->profile_arg = xnew_ref(arg);
    }
    else {
        state->trace = function;
        state->trace_arg = xnew_ref(arg);
    }
    int result = trace_settle(ts);
    xdecref(old);
    return result;
}

static int
trace_audit(const char *event)
{
    return hooks.audit == NULL ? 0 : hooks.audit(event, NULL);
}

int
vm_set_trace_c(Thread *ts, Py_tracefunc function, PyObject *arg)
{
    return trace_audit("sys.settrace") < 0 ? -1 : trace_install(ts, false, function, arg);
}

int
vm_set_profile_c(Thread *ts, Py_tracefunc function, PyObject *arg)
{
    return trace_audit("sys.setprofile") < 0 ? -1 : trace_install(ts, true, function, arg);
}

int
vm_set_trace(Thread *ts, PyObject *func)
{
    bool off = func == NULL || func == Py_None;
    return vm_set_trace_c(ts, off ? NULL : trace_function, off ? NULL : func);
}

int
vm_set_profile(Thread *ts, PyObject *func)
{
    bool off = func == NULL || func == Py_None;
    return vm_set_profile_c(ts, off ? NULL : profile_function, off ? NULL : func);
}

// Other threads' settings change with the world stopped: they run no handler then.
static int
trace_all_threads(PyObject *func, bool profile)
{
    Interpreter *interp = thread_interpreter(thread_current());
    bool off = func == Py_None;
    Py_tracefunc function = off ? NULL : profile ? profile_function : trace_function;
    int result = 0;
    world_stop(interp);
    for (Thread *ts = interpreter_first_thread(interp); ts != NULL; ts = thread_next(ts)) {
        result |= trace_install(ts, profile, function, off ? NULL : func);
    }
    world_start(interp);
    return result;
}

int vm_set_trace_all_threads(PyObject *func) { return trace_all_threads(func, false); }
int vm_set_profile_all_threads(PyObject *func) { return trace_all_threads(func, true); }

PyObject *
vm_get_trace(Thread *ts)
{
    TraceState *state = trace_state(ts);
    return new_ref(state == NULL || state->trace_arg == NULL ? Py_None : state->trace_arg);
}

PyObject *
vm_get_profile(Thread *ts)
{
    TraceState *state = trace_state(ts);
    return new_ref(state == NULL || state->profile_arg == NULL ? Py_None : state->profile_arg);
}

PyObject *
vm_call_tracing(PyObject *func, PyObject *args)
{
    Thread *ts = thread_current();
    int tracing = ts->abi.tracing;
    ts->abi.tracing = 0;
    PyObject *result = object_call(func, args, NULL);
    ts->abi.tracing = tracing;
    return result;
}

int
trace_update(Thread *ts, bool monitoring)
{
    if (!monitoring && ts->trace == NULL) {
        return 0;
    }
    TraceState *state = trace_need_state(ts);
    if (state == NULL) {
        return -1;
    }
    state->monitoring = monitoring;
    return trace_settle(ts);
}

void
trace_thread_clear(Thread *ts)
{
    TraceState *state = trace_state(ts);
    if (state != NULL) {
        ts->trace = NULL;
        xdecref(state->trace_arg);
        xdecref(state->profile_arg);
        mem_free(state);
    }
}

// The `_queue` module: SimpleQueue, an unbounded queue between threads.
//
// A ring of items. Threads that find it empty sleep in the parking lot at `waiting`, which is set
// before they leave the critical section in which they looked: whoever puts an item afterwards
// sees it and wakes one of them.
//
// Threading: the ring changes in the object's critical section. put() allocates nothing that could
// run Python code, so that destructors and signal handlers may call it at any time.
#include "abi/constants.h"
#include "base/atomic.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "modules/time_convert.h"
#include "objects/args.h"
#include "objects/bool.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "platform/time.h"
#include "thread/runtime.h"
#include "thread/critical_section.h"
#include "thread/parking_lot.h"

typedef struct {
    PyObject *empty_error;      // immutable after exec: Empty
    PyObject *type;             // immutable after exec: SimpleQueue
} QueueState;

typedef struct {
    PyObject ob_base;
    PyObject **items;           // lock: the object's; mem_alloc'ed ring, or NULL
    size_t capacity;            // lock: the object's; a power of two, or 0
    size_t first;               // lock: the object's
    size_t count;               // lock: the object's
    uint8_t waiting;            // atomic: 1 while threads sleep, or are about to
    QueueState *state;          // immutable: of the module, which the type keeps
} SimpleQueue;

enum { FIRST_CAPACITY = 8 };

// ---- the ring ----

static int
grow_lock_held(SimpleQueue *self)
{
    size_t capacity = self->capacity == 0 ? FIRST_CAPACITY : self->capacity * 2;
    PyObject **items = mem_alloc_array(capacity, sizeof *items);
    if (items == NULL) {
        error_no_memory();
        return -1;
    }
    for (size_t i = 0; i < self->count; i++) {
        items[i] = self->items[(self->first + i) & (self->capacity - 1)];
    }
    mem_free(self->items);
    self->items = items;
    self->capacity = capacity;
    self->first = 0;
    return 0;
}

static int
append_lock_held(SimpleQueue *self, PyObject *item)
{
    if (self->count == self->capacity && grow_lock_held(self) < 0) {
        return -1;
    }
    self->items[(self->first + self->count) & (self->capacity - 1)] = new_ref(item);
    self->count++;
    return 0;
}

// The oldest item, owned, or NULL.
static PyObject *
take_lock_held(SimpleQueue *self)
{
    if (self->count == 0) {
        return NULL;
    }
    PyObject *item = self->items[self->first];
    self->first = (self->first + 1) & (self->capacity - 1);
    self->count--;
    return item;
}

// ---- life ----

static PyModuleDef queue_definition;

static PyObject *
queue_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *module = type_get_module_by_def(type, &queue_definition);
    if (module == NULL) {
        return NULL;
    }
    QueueState *state = module_get_state(module);
    decref(module);
    if ((PyObject *)type == state->type &&
        (!args_no_keywords("SimpleQueue", kwargs) || !args_no_positional("SimpleQueue", args))) {
        return NULL;
    }
    SimpleQueue *self = (SimpleQueue *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->state = state;
    }
    return (PyObject *)self;
}

static int
queue_clear(PyObject *op)
{
    SimpleQueue *self = (SimpleQueue *)op;
    PyObject *item;
    while ((item = take_lock_held(self)) != NULL) {
        decref(item);
    }
    return 0;
}

static int
queue_traverse(PyObject *op, visitproc visit, void *arg)
{
    SimpleQueue *self = (SimpleQueue *)op;
    int status = visit((PyObject *)type_of(op), arg);
    for (size_t i = 0; i < self->count && status == 0; i++) {
        status = visit(self->items[(self->first + i) & (self->capacity - 1)], arg);
    }
    return status;
}

static void
queue_dealloc(PyObject *op)
{
    PyTypeObject *type = type_of(op);
    gc_untrack(op);
    weakref_clear_all(op);
    queue_clear(op);
    mem_free(((SimpleQueue *)op)->items);
    type->tp_free(op);
    decref(type);
}

// ---- put ----

static void
note_more_waiters(void *context, void *arg, bool more)
{
    atomic_store_release_u8(&((SimpleQueue *)context)->waiting, more);
}

static PyObject *
put(SimpleQueue *self, PyObject *item)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    int status = append_lock_held(self, item);
    critical_section_end(&cs);
    if (status < 0) {
        return NULL;
    }
    if (atomic_load_u8(&self->waiting)) {
        parking_lot_unpark(&self->waiting, note_more_waiters, self);
    }
    return new_ref(Py_None);
}

static PyObject *
queue_put(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"item", "block", "timeout", NULL};
    static ArgsParser parser = {.format = "O|pO:put", .keywords = keywords};
    PyObject *item, *timeout = NULL;
    int block = 1;
    // There is always room: block and timeout are for the sake of Queue.put().
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &item, &block, &timeout)) {
        return NULL;
    }
    return put((SimpleQueue *)op, item);
}

static PyObject *
queue_put_nowait(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"item", NULL};
    static ArgsParser parser = {.format = "O:put_nowait", .keywords = keywords};
    PyObject *item;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &item)) {
        return NULL;
    }
    return put((SimpleQueue *)op, item);
}

// ---- get ----

// The oldest item. When there is none and `wait` is not 0, the thread is announced as waiting.
static PyObject *
take_or_announce(SimpleQueue *self, bool wait)
{
    CriticalSection cs;
    critical_section_begin(&cs, self);
    PyObject *item = take_lock_held(self);
    if (item == NULL && wait) {
        atomic_store_u8(&self->waiting, 1);
    }
    critical_section_end(&cs);
    return item;
}

// An item, waiting for it at most wait_ns (negative: for ever).
static PyObject *
get(SimpleQueue *self, int64_t wait_ns)
{
    int64_t deadline = wait_ns > 0 ? time_add(os_time_monotonic(), wait_ns) : 0;
    static const uint8_t announced = 1;
    for (;;) {
        PyObject *item = take_or_announce(self, wait_ns != 0);
        if (item != NULL) {
            return item;
        }
        if (wait_ns == 0) {
            return error_set_none(self->state->empty_error);
        }
        ParkResult result = parking_lot_park(&self->waiting, &announced, sizeof announced,
                                             wait_ns, NULL, true);
        if (result == PARK_INTERRUPTED && thread_handle_breaks(thread_current()) < 0) {
            return NULL;
        }
        if (wait_ns > 0) {
            // At the deadline one more look, without waiting.
            wait_ns = deadline - os_time_monotonic();
            wait_ns = wait_ns < 0 ? 0 : wait_ns;
        }
    }
}

static PyObject *
queue_get(PyObject *op, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"block", "timeout", NULL};
    static ArgsParser parser = {.format = "|pO:get", .keywords = keywords};
    int block = 1;
    PyObject *timeout = Py_None;
    int64_t wait_ns = -1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &block, &timeout)) {
        return NULL;
    }
    if (!block) {
        return get((SimpleQueue *)op, 0);
    }
    if (timeout != Py_None) {
        if (time_object_to_ns(timeout, &wait_ns, TIME_ROUND_CEILING) < 0) {
            return NULL;
        }
        if (wait_ns < 0) {
            return error_set(PyExc_ValueError, "'timeout' must be a non-negative number");
        }
    }
    return get((SimpleQueue *)op, wait_ns);
}

static PyObject *
queue_get_nowait(PyObject *op, PyObject *unused)
{
    return get((SimpleQueue *)op, 0);
}

static size_t
count(PyObject *op)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    size_t n = ((SimpleQueue *)op)->count;
    critical_section_end(&cs);
    return n;
}

static PyObject *
queue_empty(PyObject *op, PyObject *unused)
{
    return bool_from_int(count(op) == 0);
}

static PyObject *
queue_qsize(PyObject *op, PyObject *unused)
{
    return int_from_size(count(op));
}

static PyObject *
queue_sizeof(PyObject *op, PyObject *unused)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    size_t size = ((SimpleQueue *)op)->capacity * sizeof(PyObject *);
    critical_section_end(&cs);
    return int_from_size(size + type_instance_size(type_of(op), 0));
}

// ---- the type and the module ----

static PyMethodDef queue_methods[] = {
    {"empty", queue_empty, METH_NOARGS,
     "empty($self, /)\n--\n\nReturn True if the queue is empty, False otherwise (not reliable!)."},
    {"get", FASTCALL(queue_get), METH_FASTCALL | METH_KEYWORDS,
     "get($self, /, block=True, timeout=None)\n--\n\nRemove and return an item from the "
     "queue.\n\nIf optional args 'block' is true and 'timeout' is None (the default),\nblock if "
     "necessary until an item is available. If 'timeout' is\na non-negative number, it blocks at "
     "most 'timeout' seconds and raises\nthe Empty exception if no item was available within that "
     "time.\nOtherwise ('block' is false), return an item if one is immediately\navailable, else "
     "raise the Empty exception ('timeout' is ignored\nin that case)."},
    {"get_nowait", queue_get_nowait, METH_NOARGS,
     "get_nowait($self, /)\n--\n\nRemove and return an item from the queue without blocking.\n\n"
     "Only get an item if one is immediately available. Otherwise\nraise the Empty exception."},
    {"put", FASTCALL(queue_put), METH_FASTCALL | METH_KEYWORDS,
     "put($self, /, item, block=True, timeout=None)\n--\n\nPut the item on the queue.\n\nThe "
     "optional 'block' and 'timeout' arguments are ignored, as this method\nnever blocks.  They "
     "are provided for compatibility with the Queue class."},
    {"put_nowait", FASTCALL(queue_put_nowait), METH_FASTCALL | METH_KEYWORDS,
     "put_nowait($self, /, item)\n--\n\nPut an item into the queue without blocking.\n\nThis is "
     "exactly equivalent to `put(item)` and is only provided\nfor compatibility with the Queue "
     "class."},
    {"qsize", queue_qsize, METH_NOARGS,
     "qsize($self, /)\n--\n\nReturn the approximate size of the queue (not reliable!)."},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {"__sizeof__", queue_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturns size in memory, in bytes."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot queue_type_slots[] = {
    {Py_tp_doc, (void *)"SimpleQueue()\n--\n\nSimple, unbounded, reentrant FIFO queue."},
    {Py_tp_new, (void *)queue_new},
    {Py_tp_dealloc, (void *)queue_dealloc},
    {Py_tp_traverse, (void *)queue_traverse},
    {Py_tp_clear, (void *)queue_clear},
    {Py_tp_methods, queue_methods},
    {0, NULL},
};

// A type for each module object, whose Empty its instances raise.
static PyType_Spec queue_type_spec = {
    .name = "_queue.SimpleQueue",
    .basicsize = sizeof(SimpleQueue),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_MANAGED_WEAKREF,
    .slots = queue_type_slots,
};

static int
queue_exec(PyObject *module)
{
    QueueState *state = module_get_state(module);
    state->empty_error = error_new_exception_doc(
        "_queue.Empty", "Exception raised by Queue.get(block=0)/get_nowait().", NULL, NULL);
    if (state->empty_error == NULL || module_add(module, "Empty", state->empty_error) < 0) {
        return -1;
    }
    state->type = type_from_module_spec(module, &queue_type_spec, NULL);
    return state->type == NULL ? -1 : module_add(module, "SimpleQueue", state->type);
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    QueueState *state = module_get_state(module);
    int status = state->empty_error != NULL ? visit(state->empty_error, arg) : 0;
    return status == 0 && state->type != NULL ? visit(state->type, arg) : status;
}

static int
module_clear(PyObject *module)
{
    QueueState *state = module_get_state(module);
    clear_ref(state->empty_error);
    clear_ref(state->type);
    return 0;
}

static void
module_free(void *module)
{
    module_clear(module);
}

static PyModuleDef_Slot queue_slots[] = {
    {Py_mod_exec, queue_exec},
    {0, NULL},
};

static PyModuleDef queue_definition = {
    .m_name = "_queue",
    .m_doc = "C implementation of the Python queue module.\n"
             "This module is an implementation detail, please do not use it directly.",
    .m_size = sizeof(QueueState),
    .m_slots = queue_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

NATIVE_MODULE(_queue, &queue_definition)

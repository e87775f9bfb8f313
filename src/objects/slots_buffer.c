// The buffer protocol of classes with __buffer__ (PEP 688).
//
// __buffer__ gives a memoryview. The Py_buffer that C code gets refers to a BufferWrapper, which
// keeps the memoryview and the exporting object; releasing the buffer calls __release_buffer__ with the
// memoryview and drops both.
//
// Threading: a wrapper belongs to one taken buffer.
#include "objects/slots_call.h"

#include "memory/heap.h"
#include "objects/buffer.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/memoryview.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type_internal.h"

typedef struct {
    PyObject ob_base;
    PyObject *view;         // the memoryview; owned until release
    PyObject *exporter;     // owned until release
} BufferWrapper;

extern PyTypeObject BufferWrapper_Type;

static PyObject *
wrapper_new(PyObject *view, PyObject *exporter)
{
    BufferWrapper *w = (BufferWrapper *)type_alloc(&BufferWrapper_Type, 0);
    if (w != NULL) {
        w->view = new_ref(view);
        w->exporter = new_ref(exporter);
    }
    return (PyObject *)w;
}

static int
wrapper_traverse(PyObject *op, visitproc visit, void *arg)
{
    BufferWrapper *w = (BufferWrapper *)op;
    int stop = w->view == NULL ? 0 : visit(w->view, arg);
    return stop != 0 || w->exporter == NULL ? stop : visit(w->exporter, arg);
}

static void
wrapper_dealloc(PyObject *op)
{
    BufferWrapper *w = (BufferWrapper *)op;
    gc_untrack(op);
    clear_ref(w->view);
    clear_ref(w->exporter);
    heap_free(op);
}

// Calls exporter.__release_buffer__(view) for a Python method; errors cannot be raised here.
static void
call_release(PyObject *exporter, PyObject *view)
{
    PyObject *saved = error_take();
    int unbound;
    PyObject *method = type_lookup_special_method(exporter, ID(__release_buffer__), &unbound);
    if (method != NULL) {
        PyObject *args[] = {exporter, view};
        PyObject *result = unbound ? object_vectorcall(method, args, 2, NULL)
                                   : object_vectorcall(method, args + 1, 1, NULL);
        if (result == NULL) {
            error_format_unraisable("Exception ignored in __release_buffer__ of %R", exporter);
        }
        xdecref(result);
        decref(method);
    }
    else if (error_occurred()) {
        error_write_unraisable(exporter);
    }
    error_restore_steal(saved);
}

static void
wrapper_release(PyObject *op, Py_buffer *view)
{
    BufferWrapper *w = (BufferWrapper *)op;
    PyObject *mv = w->view;
    PyObject *exporter = w->exporter;
    w->view = NULL;
    w->exporter = NULL;
    if (mv != NULL) {
        // The export of the memoryview itself, which slot_bf_getbuffer took.
        PyMemoryView_Type.tp_as_buffer->bf_releasebuffer(mv, view);
    }
    // A view of the exporter's own C buffer calls the method when it is released.
    if (mv != NULL && exporter != NULL && memoryview_buffer(mv)->obj != exporter &&
        type_of(exporter)->tp_as_buffer != NULL &&
        type_of(exporter)->tp_as_buffer->bf_releasebuffer == slot_bf_releasebuffer) {
        call_release(exporter, mv);
    }
    xdecref(mv);
    xdecref(exporter);
}

static PyBufferProcs wrapper_as_buffer = {.bf_releasebuffer = wrapper_release};

PyTypeObject BufferWrapper_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_buffer_wrapper",
    .tp_basicsize = sizeof(BufferWrapper),
    .tp_dealloc = wrapper_dealloc,
    .tp_as_buffer = &wrapper_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = wrapper_traverse,
};

int
slot_bf_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    PyObject *arg = int_from_i64(flags);
    if (arg == NULL) {
        return -1;
    }
    PyObject *wrapper = NULL;
    PyObject *mv = object_call_method_onearg(self, ID(__buffer__), arg);
    decref(arg);
    if (mv == NULL) {
        return -1;
    }
    if (!memoryview_check(mv)) {
        error_format(PyExc_TypeError, "__buffer__ returned non-memoryview object");
        goto error;
    }
    if (buffer_get(mv, view, flags) < 0) {
        goto error;
    }
    wrapper = wrapper_new(mv, self);
    if (wrapper == NULL) {
        buffer_release(view);
        goto error;
    }
    // The memoryview's own export ends here; the wrapper keeps the memoryview alive.
    decref(view->obj);
    view->obj = wrapper;
    decref(mv);
    return 0;
error:
    decref(mv);
    view->obj = NULL;
    return -1;
}

// Calls the release function of the first type in the MRO that has one of C.
static void
call_inherited_release(PyObject *self, Py_buffer *view)
{
    PyObject *mro = type_get_mro(type_of(self));
    for (Py_ssize_t i = 0; mro != NULL && i < tuple_size(mro); i++) {
        PyTypeObject *type = (PyTypeObject *)tuple_item(mro, i);
        if (type->tp_as_buffer != NULL && type->tp_as_buffer->bf_releasebuffer != NULL &&
            type->tp_as_buffer->bf_releasebuffer != slot_bf_releasebuffer) {
            type->tp_as_buffer->bf_releasebuffer(self, view);
            break;
        }
    }
    xdecref(mro);
}

void
slot_bf_releasebuffer(PyObject *self, Py_buffer *view)
{
    // Buffers made by slot_bf_getbuffer refer to a wrapper, so this runs only for a class that defines
    // __release_buffer__ over a C type's buffer.
    PyObject *mv = memoryview_from_buffer(view);
    if (mv == NULL) {
        error_format_unraisable("Exception ignored in bf_releasebuffer of %R", self);
        return;
    }
    memoryview_restrict(mv);
    call_release(self, mv);
    memoryview_release(mv);
    decref(mv);
    call_inherited_release(self, view);
}

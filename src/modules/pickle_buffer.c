// PickleBuffer (PEP 574): a wrapper that marks a buffer as one that may leave the pickle stream.
//
// Threading: the view changes in the object's critical section; a release while another thread uses
// the memory is up to the program, as with memoryview.release().
#include <stddef.h>

#include "abi/constants.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/native_type.h"
#include "modules/pickle_internal.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/memoryview.h"
#include "objects/object.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "thread/critical_section.h"

typedef struct {
    PyObject ob_base;
    Py_buffer view;         // lock: the object's; obj NULL: released
    PyObject *weakrefs;
} PickleBuffer;

static PyObject *
pickle_buffer_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!args_no_keywords("PickleBuffer", kwargs)) {
        return NULL;
    }
    if (tuple_size(args) != 1) {
        return error_format(PyExc_TypeError,
                            "PickleBuffer() takes exactly 1 positional argument (%zd given)",
                            tuple_size(args));
    }
    PickleBuffer *self = (PickleBuffer *)type_alloc(type, 0);
    if (self != NULL && buffer_get(tuple_item(args, 0), &self->view, PyBUF_FULL_RO) < 0) {
        self->view.obj = NULL;
        clear_ref(self);
    }
    return (PyObject *)self;
}

static int
pickle_buffer_clear(PyObject *op)
{
    buffer_release(&((PickleBuffer *)op)->view);
    return 0;
}

static int
pickle_buffer_traverse(PyObject *op, visitproc visit, void *arg)
{
    PickleBuffer *self = (PickleBuffer *)op;
    return self->view.obj != NULL ? visit(self->view.obj, arg) : 0;
}

static void
pickle_buffer_dealloc(PyObject *op)
{
    gc_untrack(op);
    if (((PickleBuffer *)op)->weakrefs != NULL) {
        weakref_clear_all(op);
    }
    buffer_release(&((PickleBuffer *)op)->view);
    type_of(op)->tp_free(op);
}

// The view; NULL with ValueError when it was released.
static const Py_buffer *
get_view(PyObject *op)
{
    PickleBuffer *self = (PickleBuffer *)op;
    if (self->view.obj == NULL) {
        return error_set(PyExc_ValueError, "operation forbidden on released PickleBuffer object");
    }
    return &self->view;
}

static int
pickle_buffer_getbuffer(PyObject *op, Py_buffer *view, int flags)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    const Py_buffer *own = get_view(op);
    PyObject *exporter = own != NULL ? new_ref(own->obj) : NULL;
    critical_section_end(&cs);
    if (exporter == NULL) {
        view->obj = NULL;
        return -1;
    }
    int status = buffer_get(exporter, view, flags);
    decref(exporter);
    return status;
}

static PyObject *
pickle_buffer_release(PyObject *op, PyObject *unused)
{
    PickleBuffer *self = (PickleBuffer *)op;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    Py_buffer view = self->view;
    self->view = (Py_buffer){0};
    critical_section_end(&cs);
    buffer_release(&view);
    return new_ref(Py_None);
}

// A flat view of the bytes: of one dimension and format 'B', whatever the exporter says.
static PyObject *
pickle_buffer_raw(PyObject *op, PyObject *unused)
{
    const Py_buffer *view = get_view(op);
    if (view == NULL) {
        return NULL;
    }
    if (!buffer_is_contiguous(view, 'A')) {
        return error_set(PyExc_BufferError,
                         "cannot extract raw buffer from non-contiguous buffer");
    }
    PyObject *whole = memoryview_from_object(op);
    if (whole == NULL) {
        return NULL;
    }
    Py_buffer *flat = memoryview_buffer(whole);
    flat->format = "B";
    flat->ndim = 1;
    flat->itemsize = 1;
    flat->shape = &flat->len;
    flat->strides = &flat->itemsize;
    flat->suboffsets = NULL;
    PyObject *result = memoryview_from_object(whole);
    decref(whole);
    return result;
}

static PyBufferProcs pickle_buffer_procs = {
    .bf_getbuffer = pickle_buffer_getbuffer,
};

static PyMethodDef pickle_buffer_methods[] = {
    {"raw", pickle_buffer_raw, METH_NOARGS,
     "raw($self, /)\n--\n\nReturn a memoryview of the raw memory underlying this buffer.\n\nWill "
     "raise BufferError is the buffer isn't contiguous."},
    {"release", pickle_buffer_release, METH_NOARGS,
     "release($self, /)\n--\n\nRelease the underlying buffer held by the PickleBuffer object."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject pickle_buffer_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "pickle.PickleBuffer",
    .tp_basicsize = sizeof(PickleBuffer),
    .tp_weaklistoffset = offsetof(PickleBuffer, weakrefs),
    .tp_dealloc = pickle_buffer_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Wrapper for potentially out-of-band buffers",
    .tp_traverse = pickle_buffer_traverse,
    .tp_clear = pickle_buffer_clear,
    .tp_as_buffer = &pickle_buffer_procs,
    .tp_methods = pickle_buffer_methods,
    .tp_new = pickle_buffer_new,
};

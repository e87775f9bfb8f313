// The buffer protocol: see buffer.h. Stateless.
#include "objects/buffer.h"

#include <string.h>

#include "base/hooks.h"
#include "memory/alloc.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/object.h"
#include "thread/runtime.h"

static getbufferproc
buffer_slot(PyObject *op)
{
    PyBufferProcs *procs = type_of(op)->tp_as_buffer;
    return procs == NULL ? NULL : procs->bf_getbuffer;
}

bool
buffer_check(PyObject *op)
{
    return buffer_slot(op) != NULL;
}

int
buffer_get(PyObject *op, Py_buffer *view, int flags)
{
    if (flags != PyBUF_SIMPLE && (flags == PyBUF_READ || flags == PyBUF_WRITE)) {
        // Flags of memoryview construction, not of requests.
        error_bad_internal_call();
        return -1;
    }
    getbufferproc get = buffer_slot(op);
    if (get == NULL) {
        error_format(PyExc_TypeError, "a bytes-like object is required, not '%.100s'",
                     type_of(op)->tp_name);
        return -1;
    }
    return get(op, view, flags);
}

int
buffer_get_stable(PyObject *op, Py_buffer *view)
{
    if (buffer_get(op, view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    if (view->readonly || runtime_is_single_threaded()) {
        return 0;
    }
    PyObject *copy = bytes_from_data(view->buf, view->len);
    buffer_release(view);
    int result = copy != NULL ? buffer_get(copy, view, PyBUF_SIMPLE) : -1;
    xdecref(copy);
    return result;
}

void
buffer_release(Py_buffer *view)
{
    PyObject *op = view->obj;
    if (op == NULL) {
        return;
    }
    PyBufferProcs *procs = type_of(op)->tp_as_buffer;
    if (procs != NULL && procs->bf_releasebuffer != NULL) {
        procs->bf_releasebuffer(op, view);
    }
    view->obj = NULL;
    decref(op);
}

int
buffer_fill_info(Py_buffer *view, PyObject *exporter, void *data, Py_ssize_t len, int readonly,
                 int flags)
{
    if (view == NULL) {
        error_set(PyExc_BufferError, "PyBuffer_FillInfo: view==NULL argument is obsolete");
        return -1;
    }
    if (flags == PyBUF_READ || flags == PyBUF_WRITE) {
        error_bad_internal_call();
        return -1;
    }
    if ((flags & PyBUF_WRITABLE) == PyBUF_WRITABLE && readonly == 1) {
        error_set(PyExc_BufferError, "Object is not writable.");
        return -1;
    }
    view->obj = xnew_ref(exporter);
    view->buf = data;
    view->len = len;
    view->readonly = readonly;
    view->itemsize = 1;
    view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? "B" : NULL;
    view->ndim = 1;
    view->shape = (flags & PyBUF_ND) == PyBUF_ND ? &view->len : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &view->itemsize : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    return 0;
}

// ---- layout ----

static bool
contiguous_c(const Py_buffer *view)
{
    if (view->strides == NULL) {
        return true;
    }
    Py_ssize_t stride = view->itemsize;
    for (int i = view->ndim - 1; i >= 0; i--) {
        Py_ssize_t dim = view->shape[i];
        if (dim > 1 && view->strides[i] != stride) {
            return false;
        }
        stride *= dim;
    }
    return true;
}

static bool
contiguous_fortran(const Py_buffer *view)
{
    if (view->strides == NULL) {
        if (view->ndim <= 1 || view->shape == NULL) {
            return true;
        }
        // C order is also Fortran order when at most one dimension is longer than 1.
        int longer = 0;
        for (int i = 0; i < view->ndim; i++) {
            longer += view->shape[i] > 1;
        }
        return longer <= 1;
    }
    Py_ssize_t stride = view->itemsize;
    for (int i = 0; i < view->ndim; i++) {
        Py_ssize_t dim = view->shape[i];
        if (dim > 1 && view->strides[i] != stride) {
            return false;
        }
        stride *= dim;
    }
    return true;
}

bool
buffer_is_contiguous(const Py_buffer *view, char order)
{
    if (view->suboffsets != NULL) {
        return false;
    }
    if (view->len == 0) {
        return true;
    }
    switch (order) {
    case 'C':
        return contiguous_c(view);
    case 'F':
        return contiguous_fortran(view);
    case 'A':
        return contiguous_c(view) || contiguous_fortran(view);
    default:
        return false;
    }
}

void *
buffer_get_pointer(const Py_buffer *view, const Py_ssize_t *indices)
{
    char *pointer = view->buf;
    for (int i = 0; i < view->ndim; i++) {
        pointer += view->strides[i] * indices[i];
        if (view->suboffsets != NULL && view->suboffsets[i] >= 0) {
            pointer = *(char **)pointer + view->suboffsets[i];
        }
    }
    return pointer;
}

void
buffer_fill_contiguous_strides(int ndim, const Py_ssize_t *shape, Py_ssize_t *strides, int itemsize,
                               char order)
{
    Py_ssize_t stride = itemsize;
    for (int k = 0; k < ndim; k++) {
        int i = order == 'F' ? k : ndim - 1 - k;
        strides[i] = stride;
        stride *= shape[i];
    }
}

// ---- copying ----

// Steps indices through shape in the order of memory: the last index fastest for 'C', the first
// for 'F'.
static void
advance_indices(int ndim, Py_ssize_t *indices, const Py_ssize_t *shape, char order)
{
    for (int k = 0; k < ndim; k++) {
        int i = order == 'F' ? k : ndim - 1 - k;
        if (++indices[i] < shape[i]) {
            return;
        }
        indices[i] = 0;
    }
}

// Copies between a view of any layout and flat memory in the given order.
static int
copy_flat(const Py_buffer *view, char *flat, Py_ssize_t len, char order, bool to_flat)
{
    if (len > view->len) {
        len = view->len;
    }
    if (buffer_is_contiguous(view, order)) {
        memcpy(to_flat ? (void *)flat : view->buf, to_flat ? view->buf : (void *)flat, (size_t)len);
        return 0;
    }
    Py_ssize_t *indices = mem_calloc_or_error((size_t)view->ndim, sizeof(Py_ssize_t));
    if (indices == NULL) {
        return -1;
    }
    Py_ssize_t items = view->itemsize == 0 ? 0 : len / view->itemsize;
    for (; items > 0; items--) {
        char *item = buffer_get_pointer(view, indices);
        memcpy(to_flat ? flat : item, to_flat ? item : flat, (size_t)view->itemsize);
        flat += view->itemsize;
        advance_indices(view->ndim, indices, view->shape, order);
    }
    mem_free(indices);
    return 0;
}

int
buffer_to_contiguous(void *dest, const Py_buffer *view, Py_ssize_t len, char order)
{
    if (len != view->len) {
        error_set(PyExc_ValueError, "PyBuffer_ToContiguous: len != view->len");
        return -1;
    }
    return copy_flat(view, dest, len, order == 'F' ? 'F' : 'C', true);
}

int
buffer_from_contiguous(const Py_buffer *view, const void *src, Py_ssize_t len, char order)
{
    return copy_flat(view, (char *)src, len, order == 'F' ? 'F' : 'C', false);
}

int
buffer_copy(PyObject *dest, PyObject *src)
{
    if (!buffer_check(dest) || !buffer_check(src)) {
        error_set(PyExc_TypeError, "both destination and source must be bytes-like objects");
        return -1;
    }
    Py_buffer to;
    Py_buffer from;
    if (buffer_get(dest, &to, PyBUF_FULL) < 0) {
        return -1;
    }
    if (buffer_get(src, &from, PyBUF_FULL_RO) < 0) {
        buffer_release(&to);
        return -1;
    }
    int result = -1;
    Py_ssize_t *indices = NULL;
    if (to.len < from.len) {
        error_set(PyExc_BufferError, "destination is too small to receive data from source");
        goto done;
    }
    if (buffer_is_contiguous(&to, 'C') && buffer_is_contiguous(&from, 'C')) {
        memcpy(to.buf, from.buf, (size_t)from.len);
        result = 0;
        goto done;
    }
    indices = mem_calloc_or_error((size_t)from.ndim + 1, sizeof(Py_ssize_t));
    if (indices == NULL) {
        goto done;
    }
    Py_ssize_t items = 1;
    for (int i = 0; i < from.ndim; i++) {
        items *= from.shape[i];
    }
    for (; items > 0; items--) {
        memcpy(buffer_get_pointer(&to, indices), buffer_get_pointer(&from, indices),
               (size_t)from.itemsize);
        advance_indices(from.ndim, indices, from.shape, 'C');
    }
    result = 0;
done:
    mem_free(indices);
    buffer_release(&to);
    buffer_release(&from);
    return result;
}

Py_ssize_t
buffer_size_from_format(const char *format)
{
    PyObject *module = hooks.import_module("struct");
    if (module == NULL) {
        return -1;
    }
    PyObject *size = object_call_method_format(module, "calcsize", "s", format);
    decref(module);
    if (size == NULL) {
        return -1;
    }
    Py_ssize_t result = int_as_ssize(size);
    decref(size);
    return result;
}

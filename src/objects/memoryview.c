// memoryview: making, releasing, casting, the buffer protocol, subscripts and methods.
//
// Owns PyMemoryView_Type, its iterator and the managed buffer that several views share. Items are
// memoryview_item.c.
//
// Invariants
//   - a view that is not released counts in its managed buffer's exports
//   - view.shape and view.strides are set (they point into ob_array) unless ndim is 0
//
// Threading: flags and counts are atomic. A view may be released while another thread uses it: memory
// is then read through the exporter's rules, so release() waits for nobody but refuses while
// exports of the view exist.
#include "objects/memoryview_internal.h"

#include <string.h>

#include "base/atomic.h"
#include "base/hash.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/call.h"
#include "objects/error.h"
#include "objects/genericalias.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/slice.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"

// ---- Managed buffers ----

static _PyManagedBufferObject *
managed_new(void)
{
    _PyManagedBufferObject *m = (_PyManagedBufferObject *)heap_new_object(
        &_PyManagedBuffer_Type, sizeof(_PyManagedBufferObject));
    if (m != NULL) {
        m->flags = 0;
        m->exports = 0;
        m->master = (Py_buffer){0};
        gc_track(m);
    }
    return m;
}

static void
managed_release(_PyManagedBufferObject *m)
{
    if ((atomic_or_int(&m->flags, VIEW_RELEASED) & VIEW_RELEASED) == 0) {
        buffer_release(&m->master);
    }
}

static void
managed_dealloc(PyObject *self)
{
    gc_untrack(self);
    managed_release((_PyManagedBufferObject *)self);
    heap_free(self);
}

static int
managed_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *exporter = ((_PyManagedBufferObject *)self)->master.obj;
    return exporter == NULL ? 0 : visit(exporter, arg);
}

static int
managed_clear(PyObject *self)
{
    _PyManagedBufferObject *m = (_PyManagedBufferObject *)self;
    if (atomic_load_relaxed_ssize(&m->exports) == 0) {
        managed_release(m);
    }
    return 0;
}

PyTypeObject _PyManagedBuffer_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "managedbuffer",
    .tp_basicsize = sizeof(_PyManagedBufferObject),
    .tp_dealloc = managed_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = managed_traverse,
    .tp_clear = managed_clear,
    .tp_free = heap_free,
};

// ---- Views ----

int
view_check(PyObject *op)
{
    PyMemoryViewObject *view = MEMORYVIEW(op);
    if ((atomic_load_relaxed_int(&view->flags) & VIEW_RELEASED) != 0 ||
        (atomic_load_relaxed_int(&view->mbuf->flags) & VIEW_RELEASED) != 0) {
        error_set(PyExc_ValueError, "operation forbidden on released memoryview object");
        return -1;
    }
    return 0;
}

static void
update_flags(PyMemoryViewObject *view)
{
    const Py_buffer *b = &view->view;
    int flags = 0;
    if (b->ndim == 0) {
        flags = VIEW_SCALAR | VIEW_C | VIEW_FORTRAN;
    }
    else {
        flags |= buffer_is_contiguous(b, 'C') ? VIEW_C : 0;
        flags |= buffer_is_contiguous(b, 'F') ? VIEW_FORTRAN : 0;
    }
    if (b->suboffsets != NULL) {
        flags = (flags | VIEW_INDIRECT) & ~(VIEW_C | VIEW_FORTRAN);
    }
    view->flags = flags;
}

// A view with room for ndim dimensions, counted in m.
static PyMemoryViewObject *
view_alloc(_PyManagedBufferObject *m, int ndim)
{
    size_t size = offsetof(PyMemoryViewObject, ob_array) + 3 * (size_t)ndim * sizeof(Py_ssize_t);
    PyMemoryViewObject *view = (PyMemoryViewObject *)heap_new_object(&PyMemoryView_Type, size);
    if (view == NULL) {
        return NULL;
    }
    view->ob_base.ob_size = 3 * ndim;
    view->mbuf = new_ref(m);
    view->hash = -1;
    view->flags = 0;
    view->exports = 0;
    view->view = (Py_buffer){0};
    view->weakreflist = NULL;
    if (ndim > 0) {
        view->view.shape = view->ob_array;
        view->view.strides = view->ob_array + ndim;
        view->view.suboffsets = view->ob_array + 2 * ndim;
    }
    atomic_add_ssize(&m->exports, 1);
    return view;
}

// A view of everything that src describes. Missing shape and strides are filled in.
static PyObject *
view_over(_PyManagedBufferObject *m, const Py_buffer *src)
{
    if (src->ndim > PyBUF_MAX_NDIM) {
        return error_format(PyExc_ValueError,
                            "memoryview: number of dimensions must not exceed %d", PyBUF_MAX_NDIM);
    }
    PyMemoryViewObject *view = view_alloc(m, src->ndim);
    if (view == NULL) {
        return NULL;
    }
    Py_buffer *b = &view->view;
    b->buf = src->buf;
    b->obj = src->obj;      // borrowed: the managed buffer owns it
    b->len = src->len;
    b->itemsize = src->itemsize;
    b->readonly = src->readonly;
    b->ndim = src->ndim;
    b->format = src->format == NULL ? "B" : src->format;
    size_t bytes = (size_t)src->ndim * sizeof(Py_ssize_t);
    if (src->ndim == 1) {
        b->shape[0] = src->shape != NULL ? src->shape[0] : src->len / (src->itemsize ? src->itemsize : 1);
        b->strides[0] = src->strides != NULL ? src->strides[0] : src->itemsize;
    }
    else if (src->ndim > 1) {
        memcpy(b->shape, src->shape, bytes);
        if (src->strides != NULL) {
            memcpy(b->strides, src->strides, bytes);
        }
        else {
            buffer_fill_contiguous_strides(src->ndim, b->shape, b->strides, (int)src->itemsize, 'C');
        }
    }
    if (src->suboffsets != NULL && src->ndim > 0) {
        memcpy(b->suboffsets, src->suboffsets, bytes);
    }
    else {
        b->suboffsets = NULL;
    }
    update_flags(view);
    gc_track(view);
    return (PyObject *)view;
}

// Another view of the same memory is wanted.
static int
check_may_share(PyObject *op)
{
    if (view_check(op) < 0) {
        return -1;
    }
    if ((atomic_load_relaxed_int(&MEMORYVIEW(op)->flags) & VIEW_RESTRICTED) != 0) {
        error_set(PyExc_ValueError, "cannot create new view on restricted memoryview");
        return -1;
    }
    return 0;
}

void
memoryview_restrict(PyObject *op)
{
    atomic_or_int(&MEMORYVIEW(op)->flags, VIEW_RESTRICTED);
}

PyObject *
memoryview_from_object_flags(PyObject *op, int flags)
{
    if (memoryview_check(op)) {
        if (check_may_share(op) < 0) {
            return NULL;
        }
        return view_over(MEMORYVIEW(op)->mbuf, &MEMORYVIEW(op)->view);
    }
    if (!buffer_check(op)) {
        return error_format(PyExc_TypeError,
                            "memoryview: a bytes-like object is required, not '%.200s'",
                            type_of(op)->tp_name);
    }
    return memoryview_from_buffer_function(op, flags, buffer_get);
}

PyObject *
memoryview_from_buffer_function(PyObject *op, int flags, getbufferproc get)
{
    _PyManagedBufferObject *m = managed_new();
    if (m == NULL) {
        return NULL;
    }
    PyObject *view = NULL;
    if (get(op, &m->master, flags) < 0) {
        m->flags = VIEW_RELEASED;
        m->master.obj = NULL;
    }
    else {
        view = view_over(m, &m->master);
    }
    decref(m);
    return view;
}

PyObject *
memoryview_from_object(PyObject *op)
{
    return memoryview_from_object_flags(op, PyBUF_FULL_RO);
}

PyObject *
memoryview_from_buffer(const Py_buffer *info)
{
    if (info->buf == NULL) {
        return error_set(PyExc_ValueError, "PyMemoryView_FromBuffer(): info->buf must not be NULL");
    }
    _PyManagedBufferObject *m = managed_new();
    if (m == NULL) {
        return NULL;
    }
    m->master = *info;
    m->master.obj = NULL;
    PyObject *view = view_over(m, &m->master);
    decref(m);
    return view;
}

PyObject *
memoryview_from_memory(char *memory, Py_ssize_t size, int flags)
{
    Py_buffer info;
    if (buffer_fill_info(&info, NULL, memory, size, flags != PyBUF_WRITE, PyBUF_FULL_RO) < 0) {
        return NULL;
    }
    // A NULL address with size 0 stands for nothing.
    info.buf = memory == NULL ? (void *)"" : memory;
    return memoryview_from_buffer(&info);
}

PyObject *
memoryview_get_contiguous(PyObject *op, int buffertype, char order)
{
    PyObject *view = memoryview_from_object(op);
    if (view == NULL) {
        return NULL;
    }
    Py_buffer *b = memoryview_buffer(view);
    if (buffertype == PyBUF_WRITE && b->readonly) {
        decref(view);
        return error_set(PyExc_BufferError, "underlying buffer is not writable");
    }
    if (buffer_is_contiguous(b, order)) {
        return view;
    }
    if (buffertype == PyBUF_WRITE) {
        decref(view);
        return error_set(PyExc_BufferError,
                         "writable contiguous buffer requested for a non-contiguous object.");
    }
    PyObject *result = NULL;
    PyObject *bytes = bytes_from_data(NULL, b->len);
    if (bytes != NULL && buffer_to_contiguous(bytes_data(bytes), b, b->len, order) == 0) {
        PyObject *flat = memoryview_from_object(bytes);
        if (flat != NULL) {
            Py_buffer shaped = *b;
            shaped.buf = bytes_data(bytes);
            shaped.obj = bytes;
            shaped.suboffsets = NULL;
            Py_ssize_t strides[PyBUF_MAX_NDIM];
            buffer_fill_contiguous_strides(b->ndim, b->shape, strides, (int)b->itemsize, order);
            shaped.strides = strides;
            result = view_over(MEMORYVIEW(flat)->mbuf, &shaped);
            if (result != NULL) {
                // The format text must live as long as the view: it is the exporter's.
                MEMORYVIEW(result)->view.readonly = 1;
                Py_ssize_t size;
                char native = view_native_format(b->format, &size);
                if (native == 0) {
                    clear_ref(result);
                    error_format(PyExc_NotImplementedError, "memoryview: format %s not supported",
                                 b->format);
                }
            }
            decref(flat);
        }
    }
    xdecref(bytes);
    decref(view);
    return result;
}

int
memoryview_release(PyObject *op)
{
    PyMemoryViewObject *view = MEMORYVIEW(op);
    Py_ssize_t exports = atomic_load_relaxed_ssize(&view->exports);
    if ((atomic_load_relaxed_int(&view->flags) & VIEW_RELEASED) != 0) {
        return 0;
    }
    if (exports > 0) {
        error_format(PyExc_BufferError, "memoryview has %zd exported buffer%s", exports,
                     exports == 1 ? "" : "s");
        return -1;
    }
    if ((atomic_or_int(&view->flags, VIEW_RELEASED) & VIEW_RELEASED) == 0 &&
        atomic_add_ssize(&view->mbuf->exports, -1) == 1) {
        managed_release(view->mbuf);
    }
    return 0;
}

static void
view_dealloc(PyObject *self)
{
    gc_untrack(self);
    PyMemoryViewObject *view = MEMORYVIEW(self);
    memoryview_release(self);
    if (view->weakreflist != NULL) {
        weakref_clear_all(self);
    }
    xdecref(view->mbuf);
    heap_free(self);
}

static int
view_traverse(PyObject *self, visitproc visit, void *arg)
{
    _PyManagedBufferObject *m = MEMORYVIEW(self)->mbuf;
    return m == NULL ? 0 : visit((PyObject *)m, arg);
}

static int
view_clear(PyObject *self)
{
    if (atomic_load_relaxed_ssize(&MEMORYVIEW(self)->exports) == 0) {
        memoryview_release(self);
    }
    return 0;
}

static PyObject *
view_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    static const char *const keywords[] = {"object", NULL};
    static ArgsParser parser = {.format = "O:memoryview", .keywords = keywords};
    PyObject *object;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &object)) {
        return NULL;
    }
    return memoryview_from_object(object);
}

// ---- The buffer protocol ----

static int
refuse(const char *message)
{
    error_set(PyExc_BufferError, message);
    return -1;
}

static int
view_getbuffer(PyObject *self, Py_buffer *out, int flags)
{
    PyMemoryViewObject *view = MEMORYVIEW(self);
    out->obj = NULL;
    if (check_may_share(self) < 0) {
        return -1;
    }
    const Py_buffer *b = &view->view;
    int order = view->flags;
#define WANTS(bits) ((flags & (bits)) == (bits))
    if (WANTS(PyBUF_WRITABLE) && b->readonly) {
        return refuse("memoryview: underlying buffer is not writable");
    }
    if (WANTS(PyBUF_C_CONTIGUOUS) && (order & VIEW_C) == 0) {
        return refuse("memoryview: underlying buffer is not C-contiguous");
    }
    if (WANTS(PyBUF_F_CONTIGUOUS) && (order & VIEW_FORTRAN) == 0) {
        return refuse("memoryview: underlying buffer is not Fortran contiguous");
    }
    if (WANTS(PyBUF_ANY_CONTIGUOUS) && (order & (VIEW_C | VIEW_FORTRAN)) == 0) {
        return refuse("memoryview: underlying buffer is not contiguous");
    }
    if (!WANTS(PyBUF_INDIRECT) && b->suboffsets != NULL) {
        return refuse("memoryview: underlying buffer requires suboffsets");
    }
    if (!WANTS(PyBUF_STRIDES) && (order & VIEW_C) == 0) {
        return refuse("memoryview: underlying buffer is not C-contiguous");
    }
    if (!WANTS(PyBUF_ND) && WANTS(PyBUF_FORMAT)) {
        return refuse("memoryview: cannot cast to unsigned bytes if the format flag is present");
    }
    *out = *b;
    if (!WANTS(PyBUF_FORMAT)) {
        out->format = NULL;
    }
    if (!WANTS(PyBUF_STRIDES)) {
        out->strides = NULL;
    }
    if (!WANTS(PyBUF_ND)) {
        out->ndim = 1;
        out->shape = NULL;
    }
    out->obj = new_ref(self);
    atomic_add_ssize(&view->exports, 1);
    return 0;
#undef WANTS
}

static void
view_releasebuffer(PyObject *self, Py_buffer *out)
{
    (void)out;
    atomic_add_ssize(&MEMORYVIEW(self)->exports, -1);
}

// ---- cast ----

static PyObject *
cast_error(const char *message)
{
    return error_set(PyExc_TypeError, message);
}

// The interned constant text of a native format, which lives for ever.
static const char *
constant_format(char native, bool with_at)
{
    static const char *const plain = "b\0B\0h\0H\0i\0I\0l\0L\0q\0Q\0n\0N\0f\0d\0c\0?\0e\0F\0D\0P";
    static const char *const at = "@b\0@B\0@h\0@H\0@i\0@I\0@l\0@L\0@q\0@Q\0@n\0@N\0@f\0@d\0@c\0@?\0"
                                  "@e\0@F\0@D\0@P";
    for (int i = 0; i < 20; i++) {
        if (plain[2 * i] == native) {
            return with_at ? at + 3 * i : plain + 2 * i;
        }
    }
    return NULL;
}

// Makes a one-dimensional view of the new format out of a C-contiguous one.
static int
cast_to_1d(PyMemoryViewObject *view, PyObject *format)
{
    const char *text = str_as_utf8_no_nul(format);
    if (text == NULL) {
        return -1;
    }
    Py_ssize_t size, old_size;
    char native = view_native_format(text, &size);
    char old = view_native_format(view->view.format, &old_size);
    if (native == 0) {
        error_set(PyExc_ValueError, "memoryview: destination format must be a native single "
                                    "character format prefixed with an optional '@'");
        return -1;
    }
    if (old == 0) {
        error_set(PyExc_ValueError, "memoryview: source format must be a native single character "
                                    "format prefixed with an optional '@'");
        return -1;
    }
    if (strchr("bBc", native) == NULL && strchr("bBc", old) == NULL) {
        cast_error("memoryview: cannot cast between two non-byte formats");
        return -1;
    }
    if (view->view.len % size != 0) {
        cast_error("memoryview: length is not a multiple of itemsize");
        return -1;
    }
    Py_buffer *b = &view->view;
    b->format = (char *)constant_format(native, text[0] == '@');
    b->itemsize = size;
    b->ndim = 1;
    b->shape = view->ob_array;
    b->strides = view->ob_array + 1;
    b->suboffsets = NULL;
    b->shape[0] = b->len / size;
    b->strides[0] = size;
    update_flags(view);
    return 0;
}

// Reads a shape into an array; the product of its numbers, or -1.
static Py_ssize_t
read_shape(PyObject *shape, Py_ssize_t *to, int ndim, Py_ssize_t itemsize)
{
    Py_ssize_t length = itemsize;
    for (int i = 0; i < ndim; i++) {
        PyObject *item = list_check(shape) ? list_get(shape, i) : new_ref(tuple_item(shape, i));
        if (item == NULL) {
            return -1;
        }
        if (!int_check(item)) {
            decref(item);
            error_set(PyExc_TypeError, "memoryview.cast(): elements of shape must be integers");
            return -1;
        }
        Py_ssize_t n = int_as_ssize(item);
        decref(item);
        if (n == -1 && error_occurred()) {
            return -1;
        }
        if (n <= 0) {
            error_set(PyExc_ValueError, "memoryview.cast(): elements of shape must be integers > 0");
            return -1;
        }
        if (n > PY_SSIZE_T_MAX / length) {
            error_set(PyExc_ValueError, "memoryview.cast(): product(shape) > SSIZE_MAX");
            return -1;
        }
        length *= n;
        to[i] = n;
    }
    return length;
}

// Gives a one-dimensional view a shape; it has room for ndim dimensions.
static int
cast_to_nd(PyMemoryViewObject *view, PyObject *shape, int ndim)
{
    Py_buffer *b = &view->view;
    b->ndim = ndim;
    b->suboffsets = NULL;
    Py_ssize_t length = b->itemsize;
    if (ndim == 0) {
        b->shape = NULL;
        b->strides = NULL;
    }
    else {
        b->shape = view->ob_array;
        b->strides = view->ob_array + ndim;
        length = read_shape(shape, b->shape, ndim, b->itemsize);
        if (length < 0) {
            return -1;
        }
        buffer_fill_contiguous_strides(ndim, b->shape, b->strides, (int)b->itemsize, 'C');
    }
    if (b->len != length) {
        cast_error("memoryview: product(shape) * itemsize != buffer size");
        return -1;
    }
    update_flags(view);
    return 0;
}

// Whether some dimension has no items or does not move.
static bool
has_zeros(const Py_buffer *b)
{
    for (int i = 0; i < b->ndim; i++) {
        if (b->shape[i] == 0 || b->strides[i] == 0) {
            return true;
        }
    }
    return false;
}

static PyObject *
method_cast(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"format", "shape", NULL};
    static ArgsParser parser = {.format = "U|O:cast", .keywords = keywords};
    PyObject *format, *shape = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &format, &shape) ||
        check_may_share(self) < 0) {
        return NULL;
    }
    PyMemoryViewObject *view = MEMORYVIEW(self);
    if ((view->flags & VIEW_C) == 0) {
        return cast_error("memoryview: casts are restricted to C-contiguous views");
    }
    if ((shape != NULL || view->view.ndim != 1) && has_zeros(&view->view)) {
        return cast_error("memoryview: cannot cast view with zeros in shape or strides");
    }
    int ndim = 1;
    if (shape != NULL) {
        if (!list_check(shape) && !tuple_check(shape)) {
            return cast_error("shape must be a list or a tuple");
        }
        Py_ssize_t n = list_check(shape) ? list_size(shape) : tuple_size(shape);
        if (n > PyBUF_MAX_NDIM) {
            return error_format(PyExc_ValueError,
                                "memoryview: number of dimensions must not exceed %d",
                                PyBUF_MAX_NDIM);
        }
        ndim = (int)n;
        if (view->view.ndim != 1 && ndim != 1) {
            return cast_error("memoryview: cast must be 1D -> ND or ND -> 1D");
        }
    }
    PyMemoryViewObject *result = view_alloc(view->mbuf, ndim > 1 ? ndim : 1);
    if (result == NULL) {
        return NULL;
    }
    result->view = view->view;
    result->flags = view->flags;
    gc_track(result);
    if (cast_to_1d(result, format) < 0 || (shape != NULL && cast_to_nd(result, shape, ndim) < 0)) {
        decref(result);
        return NULL;
    }
    return (PyObject *)result;
}

static PyObject *
method_toreadonly(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (check_may_share(self) < 0) {
        return NULL;
    }
    PyObject *copy = view_over(MEMORYVIEW(self)->mbuf, &MEMORYVIEW(self)->view);
    if (copy != NULL) {
        MEMORYVIEW(copy)->view.readonly = 1;
    }
    return copy;
}

// ---- Subscripts ----

static Py_ssize_t
view_length(PyObject *self)
{
    if (view_check(self) < 0) {
        return -1;
    }
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    if (b->ndim == 0) {
        error_set(PyExc_TypeError, "0-dim memory has no length");
        return -1;
    }
    return b->shape[0];
}

static PyObject *
view_item(PyObject *self, Py_ssize_t index)
{
    if (view_check(self) < 0) {
        return NULL;
    }
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    if (b->ndim == 0) {
        return error_set(PyExc_TypeError, "invalid indexing of 0-dim memory");
    }
    if (b->ndim != 1) {
        return error_set(PyExc_NotImplementedError,
                         "multi-dimensional sub-views are not implemented");
    }
    Py_ssize_t size;
    if (view_native_format(view_format(b), &size) == 0) {
        return error_format(PyExc_NotImplementedError, "memoryview: format %s not supported",
                            b->format);
    }
    char *p = view_at(b, b->buf, index, 0);
    // __index__ of the key or the search for the item may have released the view.
    return p == NULL || view_check(self) < 0 ? NULL : view_unpack(p, view_format(b));
}

static bool
is_tuple_of(PyObject *key, bool (*check)(PyObject *))
{
    if (!tuple_check(key)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < tuple_size(key); i++) {
        if (!check(tuple_item(key, i))) {
            return false;
        }
    }
    return true;
}

static bool
is_slice(PyObject *op)
{
    return slice_check(op);
}

// Address of the item that a tuple of indices selects.
static char *
address_of(PyObject *self, PyObject *indices)
{
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    Py_ssize_t n = tuple_size(indices);
    if (n > b->ndim) {
        return error_format(PyExc_TypeError, "cannot index %zd-dimension view with %zd-element tuple",
                            (Py_ssize_t)b->ndim, n);
    }
    char *p = b->buf;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t index = number_as_ssize(tuple_item(indices, i), PyExc_IndexError);
        if ((index == -1 && error_occurred()) || view_check(self) < 0) {
            return NULL;
        }
        p = view_at(b, p, index, (int)i);
        if (p == NULL) {
            return NULL;
        }
    }
    return p;
}

static PyObject *
item_of_tuple(PyObject *self, PyObject *key)
{
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    Py_ssize_t size;
    if (view_native_format(view_format(b), &size) == 0) {
        return error_format(PyExc_NotImplementedError, "memoryview: format %s not supported",
                            b->format);
    }
    if (tuple_size(key) < b->ndim) {
        return error_set(PyExc_NotImplementedError, "sub-views are not implemented");
    }
    char *p = address_of(self, key);
    return p == NULL ? NULL : view_unpack(p, view_format(b));
}

// Narrows dimension 0 of b to a slice. b's arrays are its own.
static int
narrow(Py_buffer *b, PyObject *slice)
{
    Py_ssize_t start, stop, step;
    if (slice_unpack(slice, &start, &stop, &step) < 0) {
        return -1;
    }
    Py_ssize_t n = slice_adjust_indices(b->shape[0], &start, &stop, step);
    b->buf = (char *)b->buf + b->strides[0] * start;
    b->shape[0] = n;
    b->strides[0] *= step;
    Py_ssize_t length = b->itemsize;
    for (int i = 0; i < b->ndim; i++) {
        length *= b->shape[i];
    }
    b->len = length;
    return 0;
}

static PyObject *
sliced_view(PyObject *self, PyObject *slice)
{
    if (check_may_share(self) < 0) {
        return NULL;
    }
    PyObject *view = view_over(MEMORYVIEW(self)->mbuf, &MEMORYVIEW(self)->view);
    if (view == NULL) {
        return NULL;
    }
    if (narrow(&MEMORYVIEW(view)->view, slice) < 0) {
        decref(view);
        return NULL;
    }
    update_flags(MEMORYVIEW(view));
    return view;
}

static PyObject *
view_subscript(PyObject *self, PyObject *key)
{
    if (view_check(self) < 0) {
        return NULL;
    }
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    if (b->ndim == 0) {
        if (tuple_check(key) && tuple_size(key) == 0) {
            return view_unpack(b->buf, view_format(b));
        }
        if (key == Py_Ellipsis) {
            return new_ref(self);
        }
        return error_set(PyExc_TypeError, "invalid indexing of 0-dim memory");
    }
    if (index_check(key)) {
        Py_ssize_t index = number_as_ssize(key, PyExc_IndexError);
        return index == -1 && error_occurred() ? NULL : view_item(self, index);
    }
    if (slice_check(key)) {
        return sliced_view(self, key);
    }
    if (is_tuple_of(key, index_check)) {
        return item_of_tuple(self, key);
    }
    if (is_tuple_of(key, is_slice)) {
        return error_set(PyExc_NotImplementedError,
                         "multi-dimensional slicing is not implemented");
    }
    return error_set(PyExc_TypeError, "memoryview: invalid slice key");
}

// Packs into a temporary first: converting the value may run Python code that releases the view.
static int
store_item(PyObject *self, char *p, PyObject *value)
{
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    char item[16];
    Py_ssize_t size;
    const char *format = view_format(b);
    if (view_native_format(format, &size) == 0) {
        error_format(PyExc_NotImplementedError, "memoryview: format %s not supported", format);
        return -1;
    }
    if (view_pack(item, value, format) < 0 || view_check(self) < 0) {
        return -1;
    }
    memcpy(p, item, (size_t)size);
    return 0;
}

static int
assign_slice(PyObject *self, PyObject *key, PyObject *value)
{
    Py_buffer src;
    if (buffer_get(value, &src, PyBUF_FULL_RO) < 0) {
        return -1;
    }
    Py_buffer dest = MEMORYVIEW(self)->view;
    Py_ssize_t shape = dest.shape[0], stride = dest.strides[0];
    Py_ssize_t suboffset = dest.suboffsets == NULL ? -1 : dest.suboffsets[0];
    dest.shape = &shape;
    dest.strides = &stride;
    dest.suboffsets = dest.suboffsets == NULL ? NULL : &suboffset;
    int status = narrow(&dest, key);
    if (status == 0 && view_check(self) < 0) {
        status = -1;
    }
    if (status == 0 && !view_same_structure(&dest, &src)) {
        error_set(PyExc_ValueError,
                  "memoryview assignment: lvalue and rvalue have different structures");
        status = -1;
    }
    if (status == 0) {
        status = view_copy(&dest, &src);
    }
    buffer_release(&src);
    return status;
}

static int
view_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    if (view_check(self) < 0) {
        return -1;
    }
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    if (b->readonly) {
        error_set(PyExc_TypeError, "cannot modify read-only memory");
        return -1;
    }
    if (value == NULL) {
        error_set(PyExc_TypeError, "cannot delete memory");
        return -1;
    }
    if (b->ndim == 0) {
        if (key == Py_Ellipsis || (tuple_check(key) && tuple_size(key) == 0)) {
            return store_item(self, b->buf, value);
        }
        error_set(PyExc_TypeError, "invalid indexing of 0-dim memory");
        return -1;
    }
    if (index_check(key)) {
        if (b->ndim > 1) {
            error_set(PyExc_NotImplementedError, "sub-views are not implemented");
            return -1;
        }
        Py_ssize_t index = number_as_ssize(key, PyExc_IndexError);
        if ((index == -1 && error_occurred()) || view_check(self) < 0) {
            return -1;
        }
        char *p = view_at(b, b->buf, index, 0);
        return p == NULL ? -1 : store_item(self, p, value);
    }
    if (slice_check(key) && b->ndim == 1) {
        return assign_slice(self, key, value);
    }
    if (is_tuple_of(key, index_check)) {
        if (tuple_size(key) < b->ndim) {
            error_set(PyExc_NotImplementedError, "sub-views are not implemented");
            return -1;
        }
        char *p = address_of(self, key);
        return p == NULL ? -1 : store_item(self, p, value);
    }
    if (slice_check(key) || is_tuple_of(key, is_slice)) {
        error_set(PyExc_NotImplementedError,
                  "memoryview slice assignments are currently restricted to ndim = 1");
        return -1;
    }
    error_set(PyExc_TypeError, "memoryview: invalid slice key");
    return -1;
}

// ---- Slots ----

static PyObject *
view_repr(PyObject *self)
{
    bool released = (MEMORYVIEW(self)->flags & VIEW_RELEASED) != 0;
    return str_format(released ? "<released memory at %p>" : "<memory at %p>", self);
}

static Py_hash_t
view_hash(PyObject *self)
{
    PyMemoryViewObject *view = MEMORYVIEW(self);
    Py_hash_t hash = atomic_load_relaxed_ssize(&view->hash);
    if (hash != -1) {
        return hash;
    }
    if (view_check(self) < 0) {
        return -1;
    }
    const Py_buffer *b = &view->view;
    Py_ssize_t size;
    char native = view_native_format(view_format(b), &size);
    if (!b->readonly) {
        error_set(PyExc_ValueError, "cannot hash writable memoryview object");
        return -1;
    }
    if (native == 0 || strchr("Bbc", native) == NULL) {
        error_set(PyExc_ValueError,
                  "memoryview: hashing is restricted to formats 'B', 'b' or 'c'");
        return -1;
    }
    // An exporter that cannot be hashed makes its views unhashable. It must not release this one.
    if (b->obj != NULL) {
        atomic_add_ssize(&view->exports, 1);
        hash = object_hash(b->obj);
        atomic_add_ssize(&view->exports, -1);
        if (hash == -1) {
            return -1;
        }
    }
    if ((view->flags & VIEW_C) != 0) {
        hash = hash_bytes(b->buf, b->len);
    }
    else {
        void *items = mem_alloc_or_error((size_t)b->len);
        if (items == NULL) {
            return -1;
        }
        if (buffer_to_contiguous(items, b, b->len, 'C') == 0) {
            hash = hash_bytes(items, b->len);
        }
        mem_free(items);
    }
    atomic_store_relaxed_ssize(&view->hash, hash);
    return hash;
}

static PyObject *
view_richcompare(PyObject *v, PyObject *w, int op)
{
    if (op != Py_EQ && op != Py_NE) {
        return Py_NotImplemented;
    }
    int equal;
    bool released = (MEMORYVIEW(v)->flags & VIEW_RELEASED) != 0 ||
                    (MEMORYVIEW(v)->mbuf->flags & VIEW_RELEASED) != 0;
    if (released) {
        equal = v == w;
    }
    else if (memoryview_check(w)) {
        if ((MEMORYVIEW(w)->flags & VIEW_RELEASED) != 0 ||
            (MEMORYVIEW(w)->mbuf->flags & VIEW_RELEASED) != 0) {
            equal = v == w;
        }
        else {
            equal = view_equal(&MEMORYVIEW(v)->view, &MEMORYVIEW(w)->view);
        }
    }
    else {
        PyObject *other = buffer_check(w) ? memoryview_from_object(w) : NULL;
        if (other == NULL) {
            if (error_matches(PyExc_MemoryError)) {
                return NULL;
            }
            error_clear();
            return Py_NotImplemented;
        }
        equal = view_equal(&MEMORYVIEW(v)->view, &MEMORYVIEW(other)->view);
        decref(other);
    }
    if (equal < 0) {
        return NULL;
    }
    return equal == (op == Py_EQ) ? Py_True : Py_False;
}

// ---- Methods ----

static PyObject *
method_release(PyObject *self, PyObject *unused)
{
    (void)unused;
    return memoryview_release(self) < 0 ? NULL : Py_None;
}

static PyObject *
method_enter(PyObject *self, PyObject *unused)
{
    (void)unused;
    return view_check(self) < 0 ? NULL : new_ref(self);
}

static PyObject *
method_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)args;
    (void)nargs;
    return memoryview_release(self) < 0 ? NULL : Py_None;
}

static PyObject *
method_tolist(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (view_check(self) < 0) {
        return NULL;
    }
    return view_tolist(&MEMORYVIEW(self)->view);
}

static PyObject *
view_tobytes(PyObject *self, char order)
{
    if (view_check(self) < 0) {
        return NULL;
    }
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    PyObject *bytes = bytes_from_data(NULL, b->len);
    if (bytes != NULL && buffer_to_contiguous(bytes_data(bytes), b, b->len, order) < 0) {
        clear_ref(bytes);
    }
    return bytes;
}

static PyObject *
method_tobytes(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"order", NULL};
    static ArgsParser parser = {.format = "|z:tobytes", .keywords = keywords};
    const char *order = NULL;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &order)) {
        return NULL;
    }
    if (order != NULL && strcmp(order, "C") != 0 && strcmp(order, "F") != 0 &&
        strcmp(order, "A") != 0) {
        return error_set(PyExc_ValueError, "order must be 'C', 'F', 'A' or None");
    }
    return view_tobytes(self, order == NULL ? 'C' : order[0]);
}

static PyObject *
method_hex(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"sep", "bytes_per_sep", NULL};
    static ArgsParser parser = {.format = "|Oi:hex", .keywords = keywords};
    PyObject *separator = NULL;
    int group = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &separator, &group)) {
        return NULL;
    }
    PyObject *bytes = view_tobytes(self, 'C');
    if (bytes == NULL) {
        return NULL;
    }
    atomic_add_ssize(&MEMORYVIEW(self)->exports, 1);    // the separator may have a __len__
    PyObject *result = separator == NULL
                           ? object_call_method_noargs(bytes, ID(hex))
                           : object_call_method_format(bytes, "hex", "Oi", separator, group);
    atomic_add_ssize(&MEMORYVIEW(self)->exports, -1);
    decref(bytes);
    return result;
}

// Checks for count and index.
static int
check_searchable(PyObject *self)
{
    if (view_check(self) < 0) {
        return -1;
    }
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    if (b->ndim == 0) {
        error_set(PyExc_TypeError, "invalid lookup on 0-dim memory");
        return -1;
    }
    if (b->ndim != 1) {
        error_set(PyExc_NotImplementedError, "multi-dimensional lookup is not implemented");
        return -1;
    }
    return 0;
}

static PyObject *
method_count(PyObject *self, PyObject *value)
{
    PyObject *iterator = object_iter(self);
    if (iterator == NULL) {
        return NULL;
    }
    Py_ssize_t count = 0;
    PyObject *item;
    while ((item = type_of(iterator)->tp_iternext(iterator)) != NULL) {
        int equal = object_richcompare_bool(item, value, Py_EQ);
        decref(item);
        if (equal < 0) {
            break;
        }
        count += equal;
    }
    decref(iterator);
    return error_occurred() ? NULL : int_from_ssize(count);
}

static PyObject *
method_index(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start = 0, stop = PY_SSIZE_T_MAX;
    if (!args_check_positional("index", nargs, 1, 3) ||
        (nargs > 1 && slice_eval_index_not_none(args[1], &start) < 0) ||
        (nargs > 2 && slice_eval_index_not_none(args[2], &stop) < 0) ||
        check_searchable(self) < 0) {
        return NULL;
    }
    Py_ssize_t n = MEMORYVIEW(self)->view.shape[0];
    if (start < 0) {
        start = start + n < 0 ? 0 : start + n;
    }
    if (stop < 0) {
        stop = stop + n < 0 ? 0 : stop + n;
    }
    stop = stop > n ? n : stop;
    for (Py_ssize_t i = start; i < stop; i++) {
        PyObject *item = view_item(self, i);
        if (item == NULL) {
            return NULL;
        }
        int equal = object_richcompare_bool(item, args[0], Py_EQ);
        decref(item);
        if (equal != 0) {
            return equal < 0 ? NULL : int_from_ssize(i);
        }
    }
    return error_set(PyExc_ValueError, "memoryview.index(x): x not found");
}

static PyObject *
method_from_flags(PyObject *type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    (void)type;
    static const char *const keywords[] = {"object", "flags", NULL};
    static ArgsParser parser = {.format = "Oi:_from_flags", .keywords = keywords};
    PyObject *object;
    int flags;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &object, &flags)) {
        return NULL;
    }
    return memoryview_from_object_flags(object, flags);
}

#define FASTCALL(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef view_methods[] = {
    {"release", method_release, METH_NOARGS,
     "release($self, /)\n--\n\nRelease the underlying buffer exposed by the memoryview object."},
    {"tobytes", FASTCALL(method_tobytes), METH_FASTCALL | METH_KEYWORDS,
     "tobytes($self, /, order='C')\n--\n\nReturn the data in the buffer as a byte string.\n\n"
     "Order can be {'C', 'F', 'A'}. When order is 'C' or 'F', the data of the\n"
     "original array is converted to C or Fortran order. For contiguous views,\n"
     "'A' returns an exact copy of the physical memory. In particular, in-memory\n"
     "Fortran order is preserved. For non-contiguous views, the data is converted\n"
     "to C first. order=None is the same as order='C'."},
    {"hex", FASTCALL(method_hex), METH_FASTCALL | METH_KEYWORDS,
     "hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\n"
     "Return the data in the buffer as a str of hexadecimal numbers."},
    {"tolist", method_tolist, METH_NOARGS,
     "tolist($self, /)\n--\n\nReturn the data in the buffer as a list of elements."},
    {"cast", FASTCALL(method_cast), METH_FASTCALL | METH_KEYWORDS,
     "cast($self, /, format, shape=<unrepresentable>)\n--\n\n"
     "Cast a memoryview to a new format or shape."},
    {"toreadonly", method_toreadonly, METH_NOARGS,
     "toreadonly($self, /)\n--\n\nReturn a readonly version of the memoryview."},
    {"count", method_count, METH_O,
     "count($self, value, /)\n--\n\nCount the number of occurrences of a value."},
    {"index", FASTCALL(method_index), METH_FASTCALL,
     "index($self, value, start=0, stop=sys.maxsize, /)\n--\n\n"
     "Return the index of the first occurrence of a value.\n\n"
     "Raises ValueError if the value is not present."},
    {"_from_flags", FASTCALL(method_from_flags), METH_FASTCALL | METH_KEYWORDS | METH_CLASS,
     "_from_flags($type, /, object, flags)\n--\n\n"
     "Create a new memoryview object which references the given object."},
    {"__enter__", method_enter, METH_NOARGS, NULL},
    {"__exit__", FASTCALL(method_exit), METH_FASTCALL, NULL},
    {"__class_getitem__", genericalias_new, METH_O | METH_CLASS, "See PEP 585"},
    {NULL, NULL, 0, NULL},
};

// ---- Attributes ----

static PyObject *
get_obj(PyObject *self, void *closure)
{
    (void)closure;
    if (view_check(self) < 0) {
        return NULL;
    }
    PyObject *exporter = MEMORYVIEW(self)->view.obj;
    return exporter == NULL ? Py_None : new_ref(exporter);
}

static PyObject *
get_nbytes(PyObject *self, void *closure)
{
    (void)closure;
    return view_check(self) < 0 ? NULL : int_from_ssize(MEMORYVIEW(self)->view.len);
}

static PyObject *
get_itemsize(PyObject *self, void *closure)
{
    (void)closure;
    return view_check(self) < 0 ? NULL : int_from_ssize(MEMORYVIEW(self)->view.itemsize);
}

static PyObject *
get_ndim(PyObject *self, void *closure)
{
    (void)closure;
    return view_check(self) < 0 ? NULL : int_from_ssize(MEMORYVIEW(self)->view.ndim);
}

static PyObject *
get_format(PyObject *self, void *closure)
{
    (void)closure;
    return view_check(self) < 0 ? NULL : str_from_cstr(view_format(&MEMORYVIEW(self)->view));
}

static PyObject *
get_readonly(PyObject *self, void *closure)
{
    (void)closure;
    if (view_check(self) < 0) {
        return NULL;
    }
    return MEMORYVIEW(self)->view.readonly ? Py_True : Py_False;
}

static PyObject *
tuple_of_sizes(const Py_ssize_t *sizes, int n)
{
    if (sizes == NULL) {
        return tuple_empty();
    }
    PyObject *result = tuple_new(n);
    for (int i = 0; result != NULL && i < n; i++) {
        PyObject *item = int_from_ssize(sizes[i]);
        if (item == NULL) {
            clear_ref(result);
        }
        else {
            tuple_set_item_steal(result, i, item);
        }
    }
    return result;
}

static PyObject *
get_shape(PyObject *self, void *closure)
{
    (void)closure;
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    return view_check(self) < 0 ? NULL : tuple_of_sizes(b->shape, b->ndim);
}

static PyObject *
get_strides(PyObject *self, void *closure)
{
    (void)closure;
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    return view_check(self) < 0 ? NULL : tuple_of_sizes(b->strides, b->ndim);
}

static PyObject *
get_suboffsets(PyObject *self, void *closure)
{
    (void)closure;
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    return view_check(self) < 0 ? NULL : tuple_of_sizes(b->suboffsets, b->ndim);
}

// closure: the flags of which one must be set.
static PyObject *
get_flag(PyObject *self, void *closure)
{
    if (view_check(self) < 0) {
        return NULL;
    }
    return (MEMORYVIEW(self)->flags & (int)(intptr_t)closure) != 0 ? Py_True : Py_False;
}

static PyGetSetDef view_getset[] = {
    {"obj", get_obj, NULL, "The underlying object of the memoryview.", NULL},
    {"nbytes", get_nbytes, NULL,
     "The amount of space in bytes that the array would use in\n a contiguous representation.",
     NULL},
    {"readonly", get_readonly, NULL, "A bool indicating whether the memory is read only.", NULL},
    {"itemsize", get_itemsize, NULL, "The size in bytes of each element of the memoryview.", NULL},
    {"format", get_format, NULL,
     "A string containing the format (in struct module style)\n for each element in the view.",
     NULL},
    {"ndim", get_ndim, NULL,
     "An integer indicating how many dimensions of a multi-dimensional\n array the memory represents.",
     NULL},
    {"shape", get_shape, NULL,
     "A tuple of ndim integers giving the shape of the memory\n as an N-dimensional array.", NULL},
    {"strides", get_strides, NULL,
     "A tuple of ndim integers giving the size in bytes to access\n"
     " each element for each dimension of the array.",
     NULL},
    {"suboffsets", get_suboffsets, NULL,
     "A tuple of integers used internally for PIL-style arrays.", NULL},
    {"c_contiguous", get_flag, NULL, "A bool indicating whether the memory is C contiguous.",
     (void *)(intptr_t)VIEW_C},
    {"f_contiguous", get_flag, NULL, "A bool indicating whether the memory is Fortran contiguous.",
     (void *)(intptr_t)VIEW_FORTRAN},
    {"contiguous", get_flag, NULL, "A bool indicating whether the memory is contiguous.",
     (void *)(intptr_t)(VIEW_C | VIEW_FORTRAN)},
    {NULL, NULL, NULL, NULL, NULL},
};

// ---- Iterator ----

typedef struct ViewIter {
    PyObject ob_base;
    PyObject *view;         // atomic: owned, NULL at the end
    Py_ssize_t index;       // atomic: relaxed
    Py_ssize_t length;      // immutable
} ViewIter;

static PyObject *
view_iter(PyObject *self)
{
    if (view_check(self) < 0) {
        return NULL;
    }
    const Py_buffer *b = &MEMORYVIEW(self)->view;
    if (b->ndim == 0) {
        return error_set(PyExc_TypeError, "invalid indexing of 0-dim memory");
    }
    if (b->ndim != 1) {
        return error_set(PyExc_NotImplementedError,
                         "multi-dimensional sub-views are not implemented");
    }
    Py_ssize_t size;
    if (view_native_format(view_format(b), &size) == 0) {
        return error_format(PyExc_NotImplementedError, "memoryview: format %s not supported",
                            b->format);
    }
    ViewIter *it = (ViewIter *)heap_new_object(&_PyMemoryIter_Type, sizeof(ViewIter));
    if (it == NULL) {
        return NULL;
    }
    it->view = new_ref(self);
    it->index = 0;
    it->length = b->shape[0];
    gc_track(it);
    return (PyObject *)it;
}

static void
view_iter_dealloc(PyObject *self)
{
    gc_untrack(self);
    xdecref(((ViewIter *)self)->view);
    heap_free(self);
}

static int
view_iter_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyObject *view = ((ViewIter *)self)->view;
    return view == NULL ? 0 : visit(view, arg);
}

static PyObject *
view_iter_next(PyObject *self)
{
    ViewIter *it = (ViewIter *)self;
    PyObject *view = iterator_hold(&it->view);
    if (view == NULL) {
        return NULL;
    }
    PyObject *item = NULL;
    Py_ssize_t index = atomic_load_relaxed_ssize(&it->index);
    if (index >= it->length) {
        iterator_finish(it, &it->view);
    }
    else if (view_check(view) == 0) {
        atomic_store_relaxed_ssize(&it->index, index + 1);
        item = view_item(view, index);
    }
    decref(view);
    return item;
}

PyTypeObject _PyMemoryIter_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "memory_iterator",
    .tp_basicsize = sizeof(ViewIter),
    .tp_dealloc = view_iter_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = view_iter_traverse,
    .tp_iter = object_self_iter,
    .tp_iternext = view_iter_next,
    .tp_free = heap_free,
};

// ---- The type ----

static PyMappingMethods view_as_mapping = {
    .mp_length = view_length,
    .mp_subscript = view_subscript,
    .mp_ass_subscript = view_ass_subscript,
};

static PySequenceMethods view_as_sequence = {
    .sq_length = view_length,
    .sq_item = view_item,
};

static PyBufferProcs view_as_buffer = {
    .bf_getbuffer = view_getbuffer,
    .bf_releasebuffer = view_releasebuffer,
};

PyTypeObject PyMemoryView_Type = {
    .ob_base = CONTAINER_TYPE_HEAD,
    .tp_name = "memoryview",
    .tp_basicsize = offsetof(PyMemoryViewObject, ob_array),
    .tp_itemsize = sizeof(Py_ssize_t),
    .tp_dealloc = view_dealloc,
    .tp_repr = view_repr,
    .tp_as_sequence = &view_as_sequence,
    .tp_as_mapping = &view_as_mapping,
    .tp_as_buffer = &view_as_buffer,
    .tp_hash = view_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_SEQUENCE,
    .tp_doc = "memoryview(object)\n--\n\n"
              "Create a new memoryview object which references the given object.",
    .tp_traverse = view_traverse,
    .tp_clear = view_clear,
    .tp_richcompare = view_richcompare,
    .tp_weaklistoffset = offsetof(PyMemoryViewObject, weakreflist),
    .tp_iter = view_iter,
    .tp_methods = view_methods,
    .tp_getset = view_getset,
    .tp_new = view_tp_new,
    .tp_free = heap_free,
};

// The type cell (cell.h).
#include "objects/cell.h"

#include "abi/constants.h"
#include "base/atomic.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bool.h"
#include "objects/error.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "thread/critical_section.h"

static CellObject *as_cell(PyObject *op) { return (CellObject *)op; }

PyObject *
cell_new_steal(Value value)
{
    CellObject *cell = (CellObject *)heap_new_object(&PyCell_Type, sizeof(CellObject));
    if (cell == NULL) {
        value_drop(value);
        return NULL;
    }
    cell->value = value_keep(value);
    gc_track(cell);
    return (PyObject *)cell;
}

// An owned pointer leaves the cell only under its lock; so who holds the lock may count it.
Value
cell_load(PyObject *op)
{
    Value *slot = &as_cell(op)->value;
    Value v = atomic_load_acquire_uptr(slot);
    if (!value_is_owned(v)) {
        return v;
    }
    if (refcount_try_incref(value_pointer(v))) {
        if (atomic_load_acquire_uptr(slot) == v) {
            return v;
        }
        decref(value_pointer(v));
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    v = atomic_load_acquire_uptr(slot);
    if (value_is_owned(v)) {
        incref(value_pointer(v));
        refcount_enable_try(value_pointer(v));
    }
    critical_section_end(&cs);
    return v;
}

bool
cell_store_steal(PyObject *op, Value value)
{
    Value *slot = &as_cell(op)->value;
    value = value_keep(value);
    Value old = atomic_load_relaxed_uptr(slot);
    if (!value_is_owned(old) && atomic_cas_uptr(slot, &old, value)) {
        return old != VALUE_UNSET;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    old = atomic_exchange_uptr(slot, value);
    critical_section_end(&cs);
    value_drop(old);
    return old != VALUE_UNSET;
}

PyObject *
cell_get(PyObject *op)
{
    Value v = cell_load(op);
    return v == VALUE_UNSET ? NULL : value_box_steal(v);
}

void
cell_set(PyObject *op, PyObject *value)
{
    cell_store_steal(op, value == NULL ? VALUE_UNSET : value_from_object(value));
}

// ---- the type ----

static PyObject *
cell_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *content = NULL;
    if (!args_no_keywords("cell", kwargs) || !args_unpack_tuple(args, "cell", 0, 1, &content)) {
        return NULL;
    }
    return cell_new_steal(content == NULL ? VALUE_UNSET : value_from_object(content));
}

static void
cell_dealloc(PyObject *op)
{
    gc_untrack(op);
    value_drop(as_cell(op)->value);
    heap_free(op);
}

static int
cell_traverse(PyObject *op, visitproc visit, void *arg)
{
    Value v = as_cell(op)->value;
    return value_is_owned(v) ? visit(value_pointer(v), arg) : 0;
}

static int
cell_clear(PyObject *op)
{
    cell_store_steal(op, VALUE_UNSET);
    return 0;
}

static PyObject *
cell_repr(PyObject *op)
{
    PyObject *content = cell_get(op);
    if (content == NULL) {
        return error_occurred() ? NULL : str_format("<cell at %p: empty>", op);
    }
    PyObject *text = str_format("<cell at %p: %.80s object at %p>", op, type_of(content)->tp_name,
                                content);
    decref(content);
    return text;
}

// Empty cells are less than all others.
static PyObject *
cell_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!cell_check(a) || !cell_check(b)) {
        return new_ref(Py_NotImplemented);
    }
    PyObject *x = cell_get(a), *y = cell_get(b);
    PyObject *result = NULL;
    if (x != NULL && y != NULL) {
        result = object_richcompare(x, y, op);
    }
    else if (!error_occurred()) {
        int left = x != NULL, right = y != NULL;
        bool truth = op == Py_LT   ? left < right
                     : op == Py_LE ? left <= right
                     : op == Py_EQ ? left == right
                     : op == Py_NE ? left != right
                     : op == Py_GT ? left > right
                                   : left >= right;
        result = new_ref(truth ? Py_True : Py_False);
    }
    xdecref(x);
    xdecref(y);
    return result;
}

static PyObject *
cell_get_contents(PyObject *op, void *context)
{
    PyObject *content = cell_get(op);
    if (content == NULL && !error_occurred()) {
        return error_set(PyExc_ValueError, "cell is empty");
    }
    return content;
}

static int
cell_set_contents(PyObject *op, PyObject *value, void *context)
{
    cell_set(op, value);
    return 0;
}

static PyGetSetDef cell_getset[] = {
    {"cell_contents", cell_get_contents, cell_set_contents, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyCell_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "cell",
    .tp_basicsize = sizeof(CellObject),
    .tp_dealloc = cell_dealloc,
    .tp_repr = cell_repr,
    .tp_hash = object_hash_not_implemented,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "cell([contents])\n--\n\nCreate a new cell object.\n\n  contents\n    the contents of "
              "the cell. If not specified, the cell will be empty,\n    and \n further attempts to "
              "access its cell_contents attribute will\n    raise a ValueError.",
    .tp_traverse = cell_traverse,
    .tp_clear = cell_clear,
    .tp_richcompare = cell_richcompare,
    .tp_getset = cell_getset,
    .tp_new = cell_tp_new,
    .tp_free = heap_free,
};

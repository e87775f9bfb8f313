// The Pickler type and its memo proxy.
//
// Threading: see pickle_internal.h. Attributes are those of the user, too.
#include <stddef.h>
#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/native_type.h"
#include "modules/pickle_internal.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/bytes.h"
#include "objects/cfunction.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// ---- life ----

static int
pickler_clear(PyObject *op)
{
    Pickler *self = (Pickler *)op;
    clear_ref(self->write);
    clear_ref(self->buffer_callback);
    clear_ref(self->dispatch_table);
    clear_ref(self->persistent_id);
    clear_ref(self->fast_memo);
    clear_ref(self->table);
    clear_ref(self->reducer_override);
    clear_ref(self->get_persistent_id);
    memo_clear(&self->memo);
    return 0;
}

static int
pickler_traverse(PyObject *op, visitproc visit, void *arg)
{
    Pickler *self = (Pickler *)op;
    PyObject *const fields[] = {self->module, self->write, self->buffer_callback,
                                self->dispatch_table, self->persistent_id, self->fast_memo,
                                self->table, self->reducer_override, self->get_persistent_id};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i] != NULL) {
            int status = visit(fields[i], arg);
            if (status != 0) {
                return status;
            }
        }
    }
    return memo_visit(&self->memo, visit, arg);
}

static void
pickler_dealloc(PyObject *op)
{
    Pickler *self = (Pickler *)op;
    gc_untrack(op);
    pickler_clear(op);
    clear_ref(self->module);
    mem_free(self->output);
    type_of(op)->tp_free(op);
}

void
pickler_start(Pickler *self, PyObject *module)
{
    memset(self, 0, sizeof *self);
    self->module = new_ref(module);
    self->state = module_get_state(module);
}

void
pickler_finish(Pickler *self)
{
    pickler_clear((PyObject *)self);
    mem_free(self->output);
    decref(self->module);
}

int
pickler_configure(Pickler *self, PyObject *module, PyObject *protocol, bool fix_imports,
                  PyObject *buffer_callback)
{
    Py_ssize_t number = PICKLE_DEFAULT;
    if (protocol != NULL && protocol != Py_None) {
        number = number_as_ssize(protocol, PyExc_OverflowError);
        if (number == -1 && error_occurred()) {
            return -1;
        }
    }
    if (number < 0) {
        number = PICKLE_HIGHEST;
    }
    if (number > PICKLE_HIGHEST) {
        error_format(PyExc_ValueError, "pickle protocol must be <= %d", PICKLE_HIGHEST);
        return -1;
    }
    bool callback = buffer_callback != NULL && buffer_callback != Py_None;
    if (callback && number < 5) {
        error_set(PyExc_ValueError, "buffer_callback needs protocol >= 5");
        return -1;
    }
    if (self->module != module) {
        set_ref(self->module, new_ref(module));
    }
    self->state = module_get_state(module);
    self->protocol = (int)number;
    self->binary = number > 0;
    self->fix_imports = fix_imports && number < 3;
    set_ref(self->buffer_callback, callback ? new_ref(buffer_callback) : NULL);
    self->fast = 0;
    self->frame_start = -1;
    self->output_size = 0;
    return 0;
}

int
pickler_set_file(Pickler *self, PyObject *file)
{
    PyObject *write;
    if (object_getattr_optional(file, ID(write), &write) < 0) {
        return -1;
    }
    if (write == NULL) {
        error_set(PyExc_TypeError, "file must have a 'write' attribute");
        return -1;
    }
    set_ref(self->write, write);
    return 0;
}

static int
pickler_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"file", "protocol", "fix_imports", "buffer_callback",
                                           NULL};
    static ArgsParser parser = {.format = "O|OpO:Pickler", .keywords = keywords};
    Pickler *self = (Pickler *)op;
    PyObject *file, *protocol = NULL, *buffer_callback = NULL;
    int fix_imports = 1;
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &file, &protocol, &fix_imports,
                                   &buffer_callback) ||
        pickle_enter(&self->user, false, "Pickler") < 0) {
        return -1;
    }
    PyObject *module = pickle_module();
    int status = -1;
    if (module != NULL &&
        pickler_configure(self, module, protocol, fix_imports, buffer_callback) == 0 &&
        pickler_set_file(self, file) == 0) {
        memo_clear(&self->memo);
        status = 0;
    }
    xdecref(module);
    pickle_leave(&self->user);
    return status;
}

// ---- dump ----

// What subclasses and instances override, looked up once for a dump.
static int
find_overrides(Pickler *self)
{
    PyObject *op = (PyObject *)self;
    if (type_of(op) == NULL) {
        return 0;
    }
    if (type_of(op) == &pickler_type) {
        self->table = xnew_ref(self->dispatch_table);
        self->get_persistent_id = xnew_ref(self->persistent_id);
        return 0;
    }
    if (object_getattr_optional(op, ID(dispatch_table), &self->table) < 0 ||
        object_getattr_optional(op, ID(reducer_override), &self->reducer_override) < 0) {
        return -1;
    }
    PyObject *own = type_lookup_borrow(type_of(op), ID(persistent_id));
    if (self->persistent_id == NULL &&
        own == type_lookup_borrow(&pickler_type, ID(persistent_id))) {
        return 0;
    }
    self->get_persistent_id = object_getattr(op, ID(persistent_id));
    return self->get_persistent_id != NULL ? 0 : -1;
}

static void
drop_overrides(Pickler *self)
{
    clear_ref(self->table);
    clear_ref(self->reducer_override);
    clear_ref(self->get_persistent_id);
    clear_ref(self->fast_memo);
}

static int
write_document(Pickler *self, PyObject *op)
{
    if (self->protocol >= 2 &&
        pickle_write_number(self, OP_PROTO, (uint64_t)self->protocol, 1) < 0) {
        return -1;
    }
    self->framing = self->protocol >= 4;
    if (pickle_save(self, op, true) < 0 || pickle_write_code(self, OP_STOP) < 0 ||
        pickle_close_frame(self) < 0) {
        return -1;
    }
    self->framing = false;
    return pickle_flush(self);
}

int
pickler_dump(Pickler *self, PyObject *op)
{
    self->output_size = 0;
    self->frame_start = -1;
    self->framing = false;
    self->fast_depth = 0;
    int status = find_overrides(self) < 0 ? -1 : write_document(self, op);
    self->framing = false;
    PyObject *exc = error_take();
    drop_overrides(self);
    error_chain_steal(exc);
    return status;
}

PyObject *
pickler_take_output(Pickler *self)
{
    return bytes_from_data(self->output, (Py_ssize_t)self->output_size);
}

static PyObject *
pickler_dump_method(PyObject *op, PyObject *arg)
{
    Pickler *self = (Pickler *)op;
    if (pickle_enter(&self->user, false, "Pickler") < 0) {
        return NULL;
    }
    int status = -1;
    if (self->write == NULL) {
        PyObject *error = self->state != NULL ? new_ref(self->state->pickling_error) : NULL;
        PyObject *module = error == NULL ? pickle_module() : NULL;
        if (module != NULL) {
            error = new_ref(((PickleState *)module_get_state(module))->pickling_error);
        }
        if (error != NULL) {
            error_format(error, "Pickler.__init__() was not called by %s.__init__()",
                         type_of(op)->tp_name);
        }
        xdecref(module);
        xdecref(error);
    }
    else {
        status = pickler_dump(self, arg);
        mem_free(self->output);
        self->output = NULL;
        self->output_capacity = self->output_size = 0;
    }
    pickle_leave(&self->user);
    return status < 0 ? NULL : new_ref(Py_None);
}

// ---- other methods ----

static PyObject *
pickler_clear_memo(PyObject *op, PyObject *unused)
{
    Pickler *self = (Pickler *)op;
    int entered = pickle_enter(&self->user, true, "Pickler");
    if (entered < 0) {
        return NULL;
    }
    memo_clear(&self->memo);
    if (entered) {
        pickle_leave(&self->user);
    }
    return new_ref(Py_None);
}

static PyObject *
pickler_persistent_id(PyObject *op, PyObject *unused)
{
    return new_ref(Py_None);
}

static PyObject *
pickler_sizeof(PyObject *op, PyObject *unused)
{
    Pickler *self = (Pickler *)op;
    size_t size = type_instance_size(type_of(op), 0) + self->output_capacity;
    if (self->memo.entries != NULL) {
        size += (self->memo.mask + 1) * sizeof(MemoEntry);
    }
    return int_from_size(size);
}

// Instances may have a persistent_id of their own beside the method.
static PyObject *
pickler_getattro(PyObject *op, PyObject *name)
{
    Pickler *self = (Pickler *)op;
    if (self->persistent_id != NULL && str_check(name) && str_equal(name, ID(persistent_id))) {
        return new_ref(self->persistent_id);
    }
    return object_generic_getattr(op, name);
}

static int
pickler_setattro(PyObject *op, PyObject *name, PyObject *value)
{
    Pickler *self = (Pickler *)op;
    if (!str_check(name) || !str_equal(name, ID(persistent_id))) {
        return object_generic_setattr(op, name, value);
    }
    int entered = pickle_enter(&self->user, true, "Pickler");
    if (entered < 0) {
        return -1;
    }
    if (value == NULL && self->persistent_id == NULL) {
        error_set_attribute(op, name, "%U", name);
    }
    bool failed = value == NULL && self->persistent_id == NULL;
    PyObject *old = self->persistent_id;
    self->persistent_id = xnew_ref(value);
    if (entered) {
        pickle_leave(&self->user);
    }
    xdecref(old);
    return failed ? -1 : 0;
}

// ---- memo ----

typedef struct {
    PyObject ob_base;
    Pickler *pickler;       // immutable, owned
} MemoProxy;

static PyObject *
pickler_get_memo(PyObject *op, void *unused)
{
    MemoProxy *proxy = (MemoProxy *)type_alloc(&pickler_memo_type, 0);
    if (proxy != NULL) {
        proxy->pickler = (Pickler *)new_ref(op);
    }
    return (PyObject *)proxy;
}

// {id(object): (number, object)} as a memo.
static int
memo_from_dict(Memo *memo, PyObject *dict)
{
    Py_ssize_t pos = 0;
    PyObject *value;
    int found;
    while ((found = dict_next(dict, &pos, NULL, &value)) > 0) {
        if (!tuple_check(value) || tuple_size(value) != 2) {
            error_set(PyExc_TypeError, "'memo' values must be 2-item tuples");
            decref(value);
            return -1;
        }
        Py_ssize_t number = int_check(tuple_item(value, 0)) ? int_as_ssize(tuple_item(value, 0))
                                                            : -1;
        if (!int_check(tuple_item(value, 0))) {
            error_set(PyExc_TypeError, "an integer is required");
        }
        int status = number == -1 && error_occurred()
                         ? -1 : memo_set(memo, tuple_item(value, 1), number);
        decref(value);
        if (status < 0) {
            return -1;
        }
    }
    return found;
}

// The memo of another pickler, copied.
static int
memo_from_proxy(Memo *memo, MemoProxy *proxy)
{
    int entered = pickle_enter(&proxy->pickler->user, true, "Pickler");
    if (entered < 0) {
        return -1;
    }
    int status = memo_copy(memo, &proxy->pickler->memo);
    if (entered) {
        pickle_leave(&proxy->pickler->user);
    }
    return status;
}

static int
pickler_set_memo(PyObject *op, PyObject *value, void *unused)
{
    Pickler *self = (Pickler *)op;
    Memo memo = {NULL, 0, 0};
    int status = -1;
    if (value == NULL) {
        error_set(PyExc_TypeError, "attribute deletion is not supported");
    }
    else if (type_of(value) == &pickler_memo_type) {
        status = memo_from_proxy(&memo, (MemoProxy *)value);
    }
    else if (dict_check(value)) {
        status = memo_from_dict(&memo, value);
    }
    else {
        error_format(PyExc_TypeError,
                     "'memo' attribute must be a PicklerMemoProxy object or dict, not %.200s",
                     type_of(value)->tp_name);
    }
    int entered = status == 0 ? pickle_enter(&self->user, true, "Pickler") : -1;
    if (entered >= 0) {
        Memo old = self->memo;
        self->memo = memo;
        memo = old;
        if (entered) {
            pickle_leave(&self->user);
        }
    }
    memo_clear(&memo);
    return entered >= 0 ? 0 : -1;
}

static void
proxy_dealloc(PyObject *op)
{
    gc_untrack(op);
    decref(((MemoProxy *)op)->pickler);
    type_of(op)->tp_free(op);
}

static int
proxy_traverse(PyObject *op, visitproc visit, void *arg)
{
    return visit((PyObject *)((MemoProxy *)op)->pickler, arg);
}

static PyObject *
proxy_clear_memo(PyObject *op, PyObject *unused)
{
    return pickler_clear_memo((PyObject *)((MemoProxy *)op)->pickler, NULL);
}

static PyObject *
memo_as_dict(const Memo *memo)
{
    PyObject *dict = dict_new();
    for (size_t i = 0; dict != NULL && memo->entries != NULL && i <= memo->mask; i++) {
        const MemoEntry *entry = &memo->entries[i];
        if (entry->key == NULL) {
            continue;
        }
        PyObject *id = int_from_pointer(entry->key);
        PyObject *number = int_from_ssize(entry->value);
        PyObject *pair = number != NULL ? tuple_pack(2, number, entry->key) : NULL;
        if (id == NULL || pair == NULL || dict_set(dict, id, pair) < 0) {
            clear_ref(dict);
        }
        xdecref(pair);
        xdecref(number);
        xdecref(id);
    }
    return dict;
}

static PyObject *
proxy_copy(PyObject *op, PyObject *unused)
{
    Memo memo = {NULL, 0, 0};
    PyObject *dict = memo_from_proxy(&memo, (MemoProxy *)op) == 0 ? memo_as_dict(&memo) : NULL;
    memo_clear(&memo);
    return dict;
}

static PyObject *
proxy_reduce(PyObject *op, PyObject *unused)
{
    PyObject *dict = proxy_copy(op, NULL);
    PyObject *args = dict != NULL ? tuple_pack(1, dict) : NULL;
    PyObject *result = args != NULL ? tuple_pack(2, &PyDict_Type, args) : NULL;
    xdecref(args);
    xdecref(dict);
    return result;
}

static PyMethodDef proxy_methods[] = {
    {"clear", proxy_clear_memo, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items from memo."},
    {"copy", proxy_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nCopy the memo to a new object."},
    {"__reduce__", proxy_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nImplement pickle support."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject pickler_memo_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_pickle.PicklerMemoProxy",
    .tp_basicsize = sizeof(MemoProxy),
    .tp_dealloc = proxy_dealloc,
    .tp_hash = object_hash_not_implemented,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = proxy_traverse,
    .tp_methods = proxy_methods,
};

// ---- the type ----

static PyMethodDef pickler_methods[] = {
    {"persistent_id", pickler_persistent_id, METH_O, "persistent_id($self, obj, /)\n--\n\n"},
    {"dump", pickler_dump_method, METH_O,
     "dump($self, obj, /)\n--\n\nWrite a pickled representation of the given object to the open "
     "file."},
    {"clear_memo", pickler_clear_memo, METH_NOARGS,
     "clear_memo($self, /)\n--\n\nClears the pickler's \"memo\".\n\nThe memo is the data structure "
     "that remembers which objects the\npickler has already seen, so that shared or recursive "
     "objects are\npickled by reference and not by value.  This method is useful when\nre-using "
     "picklers."},
    {"__sizeof__", pickler_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturns size in memory, in bytes."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef pickler_members[] = {
    {"bin", Py_T_INT, offsetof(Pickler, binary), 0, NULL},
    {"fast", Py_T_INT, offsetof(Pickler, fast), 0, NULL},
    {"dispatch_table", Py_T_OBJECT_EX, offsetof(Pickler, dispatch_table), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef pickler_getset[] = {
    {"memo", pickler_get_memo, pickler_set_memo, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject pickler_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_pickle.Pickler",
    .tp_basicsize = sizeof(Pickler),
    .tp_dealloc = pickler_dealloc,
    .tp_getattro = pickler_getattro,
    .tp_setattro = pickler_setattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)\n--\n\nThis "
              "takes a binary file for writing a pickle data stream.\n\nThe optional *protocol* "
              "argument tells the pickler to use the given\nprotocol; supported protocols are 0, "
              "1, 2, 3, 4 and 5.  The default\nprotocol is 5. It was introduced in Python 3.8, "
              "and is incompatible\nwith previous versions.\n\nSpecifying a negative protocol "
              "version selects the highest protocol\nversion supported.  The higher the protocol "
              "used, the more recent the\nversion of Python needed to read the pickle "
              "produced.\n\nThe *file* argument must have a write() method that accepts a "
              "single\nbytes argument. It can thus be a file object opened for binary\nwriting, an "
              "io.BytesIO instance, or any other custom object that meets\nthis interface.\n\nIf "
              "*fix_imports* is True and protocol is less than 3, pickle will try\nto map the new "
              "Python 3 names to the old module names used in Python\n2, so that the pickle data "
              "stream is readable with Python 2.\n\nIf *buffer_callback* is None (the default), "
              "buffer views are\nserialized into *file* as part of the pickle stream.\n\nIf "
              "*buffer_callback* is not None, then it can be called any number\nof times with a "
              "buffer view.  If the callback returns a false value\n(such as None), the given "
              "buffer is out-of-band; otherwise the\nbuffer is serialized in-band, i.e. inside "
              "the pickle stream.\n\nIt is an error if *buffer_callback* is not None and "
              "*protocol*\nis None or smaller than 5.",
    .tp_traverse = pickler_traverse,
    .tp_clear = pickler_clear,
    .tp_methods = pickler_methods,
    .tp_members = pickler_members,
    .tp_getset = pickler_getset,
    .tp_init = pickler_init,
    .tp_new = type_generic_new,
};

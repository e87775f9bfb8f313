// The Unpickler type, its memo proxy, and loading for the module's functions.
//
// Threading: see unpickler.h.
#include "modules/unpickler.h"

#include <string.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/buffer.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/int.h"
#include "objects/iter.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"

// ---- life ----

static void
clear_stack(Unpickler *self)
{
    while (self->depth > 0) {
        decref(self->stack[--self->depth]);
    }
    self->mark_count = 0;
    self->fence = 0;
}

static int
unpickler_clear(PyObject *op)
{
    Unpickler *self = (Unpickler *)op;
    clear_stack(self);
    unpickle_memo_clear(self);
    self->input = NULL;
    self->input_size = self->input_next = 0;
    clear_ref(self->input_owner);
    clear_ref(self->read);
    clear_ref(self->readline);
    clear_ref(self->peek);
    clear_ref(self->buffers);
    clear_ref(self->persistent_load);
    clear_ref(self->call_persistent_load);
    clear_ref(self->call_find_class);
    return 0;
}

static int
unpickler_traverse(PyObject *op, visitproc visit, void *arg)
{
    Unpickler *self = (Unpickler *)op;
    PyObject *const fields[] = {self->module, self->read, self->readline, self->peek,
                                self->buffers, self->persistent_load,
                                self->call_persistent_load, self->call_find_class,
                                self->memo_sparse};
    int status = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields && status == 0; i++) {
        status = fields[i] != NULL ? visit(fields[i], arg) : 0;
    }
    for (size_t i = 0; i < self->depth && status == 0; i++) {
        status = visit(self->stack[i], arg);
    }
    for (size_t i = 0; i < self->memo_capacity && status == 0; i++) {
        status = self->memo[i] != NULL ? visit(self->memo[i], arg) : 0;
    }
    return status;
}

static void
release(Unpickler *self)
{
    unpickler_clear((PyObject *)self);
    mem_free(self->stack);
    mem_free(self->marks);
    mem_free(self->texts[0]);
    mem_free(self->texts[1]);
    clear_ref(self->module);
}

static void
unpickler_dealloc(PyObject *op)
{
    gc_untrack(op);
    release((Unpickler *)op);
    type_of(op)->tp_free(op);
}

// ---- configuration ----

// Keeps copies of the texts, which are the caller's.
static int
copy_texts(Unpickler *self)
{
    const char **fields[] = {&self->encoding, &self->errors};
    for (int i = 0; i < 2; i++) {
        char *copy = mem_strdup(*fields[i]);
        if (copy == NULL) {
            error_no_memory();
            return -1;
        }
        mem_free(self->texts[i]);
        self->texts[i] = copy;
        *fields[i] = copy;
    }
    return 0;
}

static int
configure(Unpickler *self, PyObject *module, bool fix_imports, const char *encoding,
          const char *errors, PyObject *buffers)
{
    set_ref(self->module, new_ref(module));
    self->state = module_get_state(module);
    self->fix_imports = fix_imports;
    self->protocol = 0;
    clear_stack(self);
    unpickle_memo_clear(self);
    clear_ref(self->input_owner);
    self->input = NULL;
    self->input_size = self->input_next = 0;
    self->peeked = false;
    self->encoding = encoding;
    self->errors = errors;
    clear_ref(self->buffers);
    if (buffers != NULL && buffers != Py_None) {
        self->buffers = object_iter(buffers);
        return self->buffers != NULL ? 0 : -1;
    }
    return 0;
}

static int
set_file(Unpickler *self, PyObject *file)
{
    PyObject *peek, *read = NULL, *readline = NULL;
    int status = -1;
    if (object_getattr_optional(file, ID(peek), &peek) >= 0 &&
        object_getattr_optional(file, ID(read), &read) >= 0 &&
        object_getattr_optional(file, ID(readline), &readline) >= 0) {
        if (read != NULL && readline != NULL) {
            status = 0;
        }
        else {
            error_set(PyExc_TypeError, "file must have 'read' and 'readline' attributes");
        }
    }
    if (status < 0) {
        xdecref(peek);
        xdecref(read);
        xdecref(readline);
        return -1;
    }
    set_ref(self->peek, peek);
    set_ref(self->read, read);
    set_ref(self->readline, readline);
    return 0;
}

static int
unpickler_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"file", "fix_imports", "encoding", "errors", "buffers",
                                           NULL};
    static ArgsParser parser = {.format = "O|$pssO:Unpickler", .keywords = keywords};
    Unpickler *self = (Unpickler *)op;
    PyObject *file, *buffers = NULL;
    int fix_imports = 1;
    const char *encoding = "ASCII", *errors = "strict";
    if (!args_parse_tuple_keywords(args, kwargs, &parser, &file, &fix_imports, &encoding, &errors,
                                   &buffers) ||
        pickle_enter(&self->user, false, "Unpickler") < 0) {
        return -1;
    }
    PyObject *module = pickle_module();
    int status = module == NULL ||
                         configure(self, module, fix_imports, encoding, errors, buffers) < 0 ||
                         copy_texts(self) < 0
                     ? -1 : set_file(self, file);
    xdecref(module);
    pickle_leave(&self->user);
    return status;
}

// ---- load ----

// What subclasses and instances override, looked up once for a load.
static int
find_overrides(Unpickler *self)
{
    PyObject *op = (PyObject *)self;
    self->call_persistent_load = xnew_ref(self->persistent_load);
    if (type_of(op) == NULL || type_of(op) == &unpickler_type) {
        return 0;
    }
    if (self->call_persistent_load == NULL &&
        type_lookup_borrow(type_of(op), ID(persistent_load)) !=
            type_lookup_borrow(&unpickler_type, ID(persistent_load))) {
        self->call_persistent_load = object_getattr(op, ID(persistent_load));
        if (self->call_persistent_load == NULL) {
            return -1;
        }
    }
    // Subclasses may also have it as an attribute of the instance.
    self->call_find_class = object_getattr(op, ID(find_class));
    return self->call_find_class != NULL ? 0 : -1;
}

static PyObject *
load(Unpickler *self)
{
    self->protocol = 0;
    clear_stack(self);
    PyObject *result = find_overrides(self) < 0 ? NULL : unpickle_run(self);
    PyObject *exc = error_take();
    clear_stack(self);
    clear_ref(self->call_persistent_load);
    clear_ref(self->call_find_class);
    error_chain_steal(exc);
    return result;
}

static PyObject *
unpickler_load(PyObject *op, PyObject *unused)
{
    Unpickler *self = (Unpickler *)op;
    if (pickle_enter(&self->user, false, "Unpickler") < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    if (self->read != NULL) {
        result = load(self);
    }
    else {
        PyObject *module = pickle_module();
        if (module != NULL) {
            PickleState *state = module_get_state(module);
            error_format(state->unpickling_error,
                         "Unpickler.__init__() was not called by %s.__init__()",
                         type_of(op)->tp_name);
            decref(module);
        }
    }
    pickle_leave(&self->user);
    return result;
}

PyObject *
unpickler_load_file(PyObject *module, PyObject *file, bool fix_imports, const char *encoding,
                    const char *errors, PyObject *buffers)
{
    Unpickler self = {0};
    PyObject *result = NULL;
    if (configure(&self, module, fix_imports, encoding, errors, buffers) == 0 &&
        set_file(&self, file) == 0) {
        result = load(&self);
    }
    release(&self);
    return result;
}

PyObject *
unpickler_load_data(PyObject *module, PyObject *data, bool fix_imports, const char *encoding,
                    const char *errors, PyObject *buffers)
{
    Py_buffer view;
    if (buffer_get(data, &view, PyBUF_SIMPLE) < 0) {
        return NULL;
    }
    Unpickler self = {0};
    PyObject *result = NULL;
    if (configure(&self, module, fix_imports, encoding, errors, buffers) == 0) {
        self.input = view.buf;
        self.input_size = (size_t)view.len;
        result = load(&self);
    }
    release(&self);
    buffer_release(&view);
    return result;
}

// ---- other methods ----

// The type's own find_class, for subclasses that extend it; usable before load().
static PyObject *
unpickler_find_class(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    Unpickler *self = (Unpickler *)op;
    if (!args_check_positional("find_class", nargs, 2, 2)) {
        return NULL;
    }
    if (self->state == NULL) {
        return error_set(PyExc_RuntimeError, "Unpickler.__init__() was not called");
    }
    return unpickle_find_class(self, args[0], args[1]);
}

static PyObject *
unpickler_persistent_load(PyObject *op, PyObject *id)
{
    PyObject *module = pickle_module();
    if (module != NULL) {
        PickleState *state = module_get_state(module);
        error_set(state->unpickling_error,
                  "A load persistent id instruction was encountered, but no persistent_load "
                  "function was specified.");
        decref(module);
    }
    return NULL;
}

static PyObject *
unpickler_sizeof(PyObject *op, PyObject *unused)
{
    Unpickler *self = (Unpickler *)op;
    size_t size = type_instance_size(type_of(op), 0) +
                  self->memo_capacity * sizeof *self->memo +
                  self->stack_capacity * sizeof *self->stack +
                  self->mark_capacity * sizeof *self->marks;
    size += self->texts[0] != NULL ? strlen(self->texts[0]) + 1 : 0;
    size += self->texts[1] != NULL ? strlen(self->texts[1]) + 1 : 0;
    return int_from_size(size);
}

// Instances may have a persistent_load of their own beside the method.
static PyObject *
unpickler_getattro(PyObject *op, PyObject *name)
{
    Unpickler *self = (Unpickler *)op;
    if (self->persistent_load != NULL && str_check(name) &&
        str_equal(name, ID(persistent_load))) {
        return new_ref(self->persistent_load);
    }
    return object_generic_getattr(op, name);
}

static int
unpickler_setattro(PyObject *op, PyObject *name, PyObject *value)
{
    Unpickler *self = (Unpickler *)op;
    if (!str_check(name) || !str_equal(name, ID(persistent_load))) {
        return object_generic_setattr(op, name, value);
    }
    int entered = pickle_enter(&self->user, true, "Unpickler");
    if (entered < 0) {
        return -1;
    }
    bool failed = value == NULL && self->persistent_load == NULL;
    if (failed) {
        error_set_attribute(op, name, "%U", name);
    }
    PyObject *old = self->persistent_load;
    self->persistent_load = xnew_ref(value);
    if (entered) {
        pickle_leave(&self->user);
    }
    xdecref(old);
    return failed ? -1 : 0;
}

// ---- memo ----

typedef struct {
    PyObject ob_base;
    Unpickler *unpickler;   // immutable, owned
} MemoProxy;

static PyObject *
unpickler_get_memo(PyObject *op, void *unused)
{
    MemoProxy *proxy = (MemoProxy *)type_alloc(&unpickler_memo_type, 0);
    if (proxy != NULL) {
        proxy->unpickler = (Unpickler *)new_ref(op);
    }
    return (PyObject *)proxy;
}

static PyObject *
proxy_copy(PyObject *op, PyObject *unused)
{
    Unpickler *unpickler = ((MemoProxy *)op)->unpickler;
    int entered = pickle_enter(&unpickler->user, true, "Unpickler");
    if (entered < 0) {
        return NULL;
    }
    PyObject *dict = unpickle_memo_as_dict(unpickler);
    if (entered) {
        pickle_leave(&unpickler->user);
    }
    return dict;
}

static PyObject *
proxy_clear_memo(PyObject *op, PyObject *unused)
{
    Unpickler *unpickler = ((MemoProxy *)op)->unpickler;
    int entered = pickle_enter(&unpickler->user, true, "Unpickler");
    if (entered < 0) {
        return NULL;
    }
    unpickle_memo_clear(unpickler);
    if (entered) {
        pickle_leave(&unpickler->user);
    }
    return new_ref(Py_None);
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

static int
unpickler_set_memo(PyObject *op, PyObject *value, void *unused)
{
    Unpickler *self = (Unpickler *)op;
    PyObject *dict = NULL;
    if (value == NULL) {
        error_set(PyExc_TypeError, "attribute deletion is not supported");
    }
    else if (type_of(value) == &unpickler_memo_type) {
        dict = proxy_copy(value, NULL);
    }
    else if (dict_check(value)) {
        dict = new_ref(value);
    }
    else {
        error_format(PyExc_TypeError,
                     "'memo' attribute must be an UnpicklerMemoProxy object or dict, not %.200s",
                     type_of(value)->tp_name);
    }
    int entered = dict != NULL ? pickle_enter(&self->user, true, "Unpickler") : -1;
    int status = -1;
    if (entered >= 0) {
        unpickle_memo_clear(self);
        status = unpickle_memo_from_dict(self, dict);
        if (entered) {
            pickle_leave(&self->user);
        }
    }
    xdecref(dict);
    return status;
}

static void
proxy_dealloc(PyObject *op)
{
    gc_untrack(op);
    decref(((MemoProxy *)op)->unpickler);
    type_of(op)->tp_free(op);
}

static int
proxy_traverse(PyObject *op, visitproc visit, void *arg)
{
    return visit((PyObject *)((MemoProxy *)op)->unpickler, arg);
}

static PyMethodDef proxy_methods[] = {
    {"clear", proxy_clear_memo, METH_NOARGS,
     "clear($self, /)\n--\n\nRemove all items from memo."},
    {"copy", proxy_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nCopy the memo to a new object."},
    {"__reduce__", proxy_reduce, METH_NOARGS,
     "__reduce__($self, /)\n--\n\nImplement pickling support."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject unpickler_memo_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_pickle.UnpicklerMemoProxy",
    .tp_basicsize = sizeof(MemoProxy),
    .tp_dealloc = proxy_dealloc,
    .tp_hash = object_hash_not_implemented,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE |
                Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_traverse = proxy_traverse,
    .tp_methods = proxy_methods,
};

// ---- the type ----

static PyMethodDef unpickler_methods[] = {
    {"persistent_load", unpickler_persistent_load, METH_O,
     "persistent_load($self, pid, /)\n--\n\n"},
    {"load", unpickler_load, METH_NOARGS,
     "load($self, /)\n--\n\nLoad a pickle.\n\nRead a pickled object representation from the open "
     "file object given\nin the constructor, and return the reconstituted object "
     "hierarchy\nspecified therein."},
    {"find_class", FASTCALL(unpickler_find_class), METH_FASTCALL,
     "find_class($self, module_name, global_name, /)\n--\n\nReturn an object from a specified "
     "module.\n\nIf necessary, the module will be imported. Subclasses may override\nthis method "
     "(e.g. to restrict unpickling of arbitrary classes and\nfunctions).\n\nThis method is called "
     "whenever a class or a function object is\nneeded.  Both arguments passed are str objects."},
    {"__sizeof__", unpickler_sizeof, METH_NOARGS,
     "__sizeof__($self, /)\n--\n\nReturns size in memory, in bytes."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef unpickler_getset[] = {
    {"memo", unpickler_get_memo, unpickler_set_memo, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject unpickler_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_pickle.Unpickler",
    .tp_basicsize = sizeof(Unpickler),
    .tp_dealloc = unpickler_dealloc,
    .tp_getattro = unpickler_getattro,
    .tp_setattro = unpickler_setattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC |
                Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict',\n"
              "          buffers=())\n--\n\nThis takes a binary file for reading a pickle data "
              "stream.\n\nThe protocol version of the pickle is detected automatically, so "
              "no\nprotocol argument is needed.  Bytes past the pickled "
              "object's\nrepresentation are ignored.\n\nThe argument *file* must have two "
              "methods, a read() method that takes\nan integer argument, and a readline() method "
              "that requires no\narguments.  Both methods should return bytes.  Thus *file* can "
              "be a\nbinary file object opened for reading, an io.BytesIO object, or any\nother "
              "custom object that meets this interface.\n\nOptional keyword arguments are "
              "*fix_imports*, *encoding* and *errors*,\nwhich are used to control compatibility "
              "support for pickle stream\ngenerated by Python 2.  If *fix_imports* is True, "
              "pickle will try to\nmap the old Python 2 names to the new names used in Python 3. "
              " The\n*encoding* and *errors* tell pickle how to decode 8-bit string\ninstances "
              "pickled by Python 2; these default to 'ASCII' and 'strict',\nrespectively.  The "
              "*encoding* can be 'bytes' to read these 8-bit\nstring instances as bytes objects.",
    .tp_traverse = unpickler_traverse,
    .tp_clear = unpickler_clear,
    .tp_methods = unpickler_methods,
    .tp_getset = unpickler_getset,
    .tp_init = unpickler_init,
    .tp_new = type_generic_new,
};

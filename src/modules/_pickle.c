// The `_pickle` module: dump, dumps, load, loads, and what its parts have in common.
//
// Threading: the state is immutable after exec. The dicts in it are those of other modules.
#include <stdarg.h>

#include "abi/constants.h"
#include "base/atomic.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "modules/pickle_internal.h"
#include "objects/args.h"
#include "objects/call.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/identifiers.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "runtime/import.h"

PyObject *
pickle_module(void)
{
    return import_import_cstr("_pickle");
}

// ---- helpers ----

PyObject *
pickle_split_name(PyObject *name)
{
    PyObject *dot = str_intern_cstr(".");
    PyObject *path = dot != NULL ? str_split(name, dot, -1) : NULL;
    xdecref(dot);
    return path;
}

PyObject *
pickle_getattribute(PyObject *op, PyObject *path)
{
    op = new_ref(op);
    for (Py_ssize_t i = 0; op != NULL && i < list_size(path); i++) {
        set_ref(op, object_getattr(op, list_item_borrow(path, i)));
    }
    return op;
}

int
pickle_enter(uintptr_t *user, bool again, const char *what)
{
    uintptr_t me = thread_id_word(), nobody = 0;
    if (atomic_cas_uptr(user, &nobody, me)) {
        return 1;
    }
    if (again && nobody == me) {
        return 0;
    }
    error_format(PyExc_RuntimeError, "%s object is already used", what);
    return -1;
}

void
pickle_leave(uintptr_t *user)
{
    atomic_store_release_uptr(user, 0);
}

int
pickle_note(const char *format, ...)
{
    PyObject *exc = error_take();
    va_list args;
    va_start(args, format);
    PyObject *note = str_format_v(format, args);
    va_end(args);
    PyObject *result = note != NULL ? object_call_method_onearg(exc, ID(add_note), note) : NULL;
    xdecref(result);
    xdecref(note);
    error_chain_steal(exc);
    return -1;
}

// ---- functions ----

static PyObject *
pickle_dump(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"obj", "file", "protocol", "fix_imports",
                                           "buffer_callback", NULL};
    static ArgsParser parser = {.format = "OO|O$pO:dump", .keywords = keywords};
    PyObject *op, *file, *protocol = NULL, *callback = NULL;
    int fix_imports = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &op, &file, &protocol,
                                   &fix_imports, &callback)) {
        return NULL;
    }
    Pickler pickler;
    pickler_start(&pickler, module);
    int status = -1;
    if (pickler_configure(&pickler, module, protocol, fix_imports, callback) == 0 &&
        pickler_set_file(&pickler, file) == 0) {
        status = pickler_dump(&pickler, op);
    }
    pickler_finish(&pickler);
    return status < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
pickle_dumps(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"obj", "protocol", "fix_imports", "buffer_callback",
                                           NULL};
    static ArgsParser parser = {.format = "O|O$pO:dumps", .keywords = keywords};
    PyObject *op, *protocol = NULL, *callback = NULL;
    int fix_imports = 1;
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &op, &protocol, &fix_imports,
                                   &callback)) {
        return NULL;
    }
    Pickler pickler;
    pickler_start(&pickler, module);
    PyObject *result = NULL;
    if (pickler_configure(&pickler, module, protocol, fix_imports, callback) == 0 &&
        pickler_dump(&pickler, op) == 0) {
        result = pickler_take_output(&pickler);
    }
    pickler_finish(&pickler);
    return result;
}

static PyObject *
pickle_load(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"file", "fix_imports", "encoding", "errors", "buffers",
                                           NULL};
    static ArgsParser parser = {.format = "O|$pssO:load", .keywords = keywords};
    PyObject *file, *buffers = NULL;
    int fix_imports = 1;
    const char *encoding = "ASCII", *errors = "strict";
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &file, &fix_imports, &encoding,
                                   &errors, &buffers)) {
        return NULL;
    }
    return unpickler_load_file(module, file, fix_imports, encoding, errors, buffers);
}

static PyObject *
pickle_loads(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"", "fix_imports", "encoding", "errors", "buffers",
                                           NULL};
    static ArgsParser parser = {.format = "O|$pssO:loads", .keywords = keywords};
    PyObject *data, *buffers = NULL;
    int fix_imports = 1;
    const char *encoding = "ASCII", *errors = "strict";
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &data, &fix_imports, &encoding,
                                   &errors, &buffers)) {
        return NULL;
    }
    return unpickler_load_data(module, data, fix_imports, encoding, errors, buffers);
}

#define WRITE_DOC                                                                               \
    "\n\nThe optional *protocol* argument tells the pickler to use the given\nprotocol; "       \
    "supported protocols are 0, 1, 2, 3, 4 and 5.  The default\nprotocol is 5. It was "         \
    "introduced in Python 3.8, and is incompatible\nwith previous versions.\n\nSpecifying a "   \
    "negative protocol version selects the highest protocol\nversion supported.  The higher "   \
    "the protocol used, the more recent the\nversion of Python needed to read the pickle "      \
    "produced."

#define READ_DOC                                                                                \
    "\n\nThe protocol version of the pickle is detected automatically, so no\nprotocol "        \
    "argument is needed.  Bytes past the pickled object's\nrepresentation are ignored."

static PyMethodDef pickle_functions[] = {
    {"dump", FASTCALL(pickle_dump), METH_FASTCALL | METH_KEYWORDS,
     "dump($module, /, obj, file, protocol=None, *, fix_imports=True,\n     buffer_callback=None)\n"
     "--\n\nWrite a pickled representation of obj to the open file object file.\n\nThis is "
     "equivalent to ``Pickler(file, protocol).dump(obj)``, but may\nbe more efficient." WRITE_DOC},
    {"dumps", FASTCALL(pickle_dumps), METH_FASTCALL | METH_KEYWORDS,
     "dumps($module, /, obj, protocol=None, *, fix_imports=True,\n      buffer_callback=None)\n--"
     "\n\nReturn the pickled representation of the object as a bytes object." WRITE_DOC},
    {"load", FASTCALL(pickle_load), METH_FASTCALL | METH_KEYWORDS,
     "load($module, /, file, *, fix_imports=True, encoding='ASCII',\n     errors='strict', "
     "buffers=())\n--\n\nRead and return an object from the pickle data stored in a file.\n\nThis "
     "is equivalent to ``Unpickler(file).load()``, but may be more\nefficient." READ_DOC},
    {"loads", FASTCALL(pickle_loads), METH_FASTCALL | METH_KEYWORDS,
     "loads($module, data, /, *, fix_imports=True, encoding='ASCII',\n      errors='strict', "
     "buffers=())\n--\n\nRead and return an object from the given pickle data." READ_DOC},
    {NULL, NULL, 0, NULL},
};

// ---- the module ----

// An attribute of another module that has to be a dict.
static PyObject *
import_dict(const char *module, const char *name)
{
    PyObject *dict = import_attribute(module, name);
    if (dict != NULL && !dict_check_exact(dict)) {
        error_format(PyExc_RuntimeError, "%s.%s should be a dict, not %.200s", module, name,
                     type_of(dict)->tp_name);
        clear_ref(dict);
    }
    return dict;
}

static int
import_objects(PickleState *state)
{
    const struct {
        PyObject **field;
        const char *module, *name;
        bool dict;
    } rows[] = {
        {&state->dispatch_table, "copyreg", "dispatch_table", true},
        {&state->extension_registry, "copyreg", "_extension_registry", true},
        {&state->extension_cache, "copyreg", "_extension_cache", true},
        {&state->inverted_registry, "copyreg", "_inverted_registry", true},
        {&state->name_mapping, "_compat_pickle", "NAME_MAPPING", true},
        {&state->import_mapping, "_compat_pickle", "IMPORT_MAPPING", true},
        {&state->reverse_name_mapping, "_compat_pickle", "REVERSE_NAME_MAPPING", true},
        {&state->reverse_import_mapping, "_compat_pickle", "REVERSE_IMPORT_MAPPING", true},
        {&state->codecs_encode, "codecs", "encode", false},
        {&state->getattr, "builtins", "getattr", false},
        {&state->partial, "functools", "partial", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        *rows[i].field = rows[i].dict ? import_dict(rows[i].module, rows[i].name)
                                      : import_attribute(rows[i].module, rows[i].name);
        if (*rows[i].field == NULL) {
            return -1;
        }
    }
    return 0;
}

static int
pickle_exec(PyObject *module)
{
    PickleState *state = module_get_state(module);
    if (import_objects(state) < 0) {
        return -1;
    }
    state->pickle_error = error_new_exception("_pickle.PickleError", NULL, NULL);
    if (state->pickle_error == NULL) {
        return -1;
    }
    state->pickling_error =
        error_new_exception("_pickle.PicklingError", state->pickle_error, NULL);
    state->unpickling_error =
        error_new_exception("_pickle.UnpicklingError", state->pickle_error, NULL);
    if (state->pickling_error == NULL || state->unpickling_error == NULL ||
        module_add(module, "PickleError", state->pickle_error) < 0 ||
        module_add(module, "PicklingError", state->pickling_error) < 0 ||
        module_add(module, "UnpicklingError", state->unpickling_error) < 0 ||
        type_ready(&pickler_memo_type) < 0 || type_ready(&unpickler_memo_type) < 0 ||
        module_add_type(module, &pickler_type) < 0 ||
        module_add_type(module, &unpickler_type) < 0) {
        return -1;
    }
    return module_add_type(module, &pickle_buffer_type);
}

static int
pickle_traverse(PyObject *module, visitproc visit, void *arg)
{
    PickleState *state = module_get_state(module);
    int status = 0;
#define VISIT(field)                                                                            \
    if (status == 0 && state->field != NULL) {                                                  \
        status = visit(state->field, arg);                                                      \
    }
    PICKLE_STATE_OBJECTS(VISIT)
#undef VISIT
    return status;
}

static int
pickle_clear(PyObject *module)
{
    PickleState *state = module_get_state(module);
#define CLEAR(field) clear_ref(state->field);
    PICKLE_STATE_OBJECTS(CLEAR)
#undef CLEAR
    return 0;
}

static void
pickle_free(void *module)
{
    pickle_clear(module);
}

static PyModuleDef_Slot pickle_slots[] = {
    {Py_mod_exec, pickle_exec},
    {0, NULL},
};

static PyModuleDef pickle_definition = {
    .m_name = "_pickle",
    .m_doc = "Optimized C implementation for the Python pickle module.",
    .m_size = sizeof(PickleState),
    .m_methods = pickle_functions,
    .m_slots = pickle_slots,
    .m_traverse = pickle_traverse,
    .m_clear = pickle_clear,
    .m_free = pickle_free,
};

NATIVE_MODULE(_pickle, &pickle_definition)

// What Python code sees of code objects: attributes, iterators over positions, replace, types.CodeType.
//
// Offsets (co_lines, co_positions, f_lasti) count bytes of co_code: eight per word.
#include "abi/constants.h"
#include "base/hooks.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/code.h"
#include "objects/code_internal.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "vm_opcode_ids.h"

static PyCodeObject *as_code(PyObject *op) { return (PyCodeObject *)op; }

// ---- attributes ----

PyMemberDef code_members[] = {
    {"co_argcount", Py_T_INT, offsetof(PyCodeObject, co_argcount), Py_READONLY, NULL},
    {"co_posonlyargcount", Py_T_INT, offsetof(PyCodeObject, co_posonlyargcount), Py_READONLY, NULL},
    {"co_kwonlyargcount", Py_T_INT, offsetof(PyCodeObject, co_kwonlyargcount), Py_READONLY, NULL},
    {"co_stacksize", Py_T_INT, offsetof(PyCodeObject, co_stacksize), Py_READONLY, NULL},
    {"co_flags", Py_T_INT, offsetof(PyCodeObject, co_flags), Py_READONLY, NULL},
    {"co_names", _Py_T_OBJECT, offsetof(PyCodeObject, co_names), Py_READONLY, NULL},
    {"co_filename", _Py_T_OBJECT, offsetof(PyCodeObject, co_filename), Py_READONLY, NULL},
    {"co_name", _Py_T_OBJECT, offsetof(PyCodeObject, co_name), Py_READONLY, NULL},
    {"co_qualname", _Py_T_OBJECT, offsetof(PyCodeObject, co_qualname), Py_READONLY, NULL},
    {"co_firstlineno", Py_T_INT, offsetof(PyCodeObject, co_firstlineno), Py_READONLY, NULL},
    {"co_linetable", _Py_T_OBJECT, offsetof(PyCodeObject, co_linetable), Py_READONLY, NULL},
    {"co_exceptiontable", _Py_T_OBJECT, offsetof(PyCodeObject, co_exceptiontable), Py_READONLY,
     NULL},
    {"co_consts", _Py_T_OBJECT, offsetof(PyCodeObject, co_consts), Py_READONLY, NULL},
    {"co_nlocals", Py_T_INT, offsetof(PyCodeObject, co_nlocals), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyObject *get_varnames(PyObject *op, void *context) { return code_varnames(as_code(op)); }
static PyObject *get_cellvars(PyObject *op, void *context) { return code_cellvars(as_code(op)); }
static PyObject *get_freevars(PyObject *op, void *context) { return code_freevars(as_code(op)); }
static PyObject *get_code(PyObject *op, void *context) { return code_bytes(as_code(op)); }

static PyObject *
get_code_adaptive(PyObject *op, void *context)
{
    PyCodeObject *code = as_code(op);
    return bytes_from_data((const char *)code->co_words, code_size(code) * 8);
}

// PEP 626's predecessor: pairs (bytes of code, signed difference of lines), split to fit a byte.
static PyObject *
get_lnotab(PyObject *op, void *context)
{
    if (error_warn(PyExc_DeprecationWarning, 1,
                   "co_lnotab is deprecated, use co_lines instead.") < 0) {
        return NULL;
    }
    PyCodeObject *code = as_code(op);
    PyObject *result = bytes_from_data(NULL, 0);
    int line = code->co_firstlineno, word = 0;
    LocationReader r;
    CodeLocation l;
    location_reader_init(&r, code);
    while (result != NULL && location_reader_next(&r, &l)) {
        if (l.line < 0 || l.line == line) {
            continue;
        }
        int bytes = (l.start - word) * 8, lines = l.line - line;
        word = l.start;
        line = l.line;
        while (result != NULL && (bytes > 0 || lines != 0)) {
            int step = bytes > 255 ? 255 : bytes;
            int delta = bytes > 255 ? 0 : lines > 127 ? 127 : lines < -128 ? -128 : lines;
            char pair[2] = {(char)step, (char)delta};
            PyObject *more = bytes_from_data(pair, 2);
            if (more == NULL) {
                clear_ref(result);
                break;
            }
            bytes_append_steal(&result, more);
            bytes -= step;
            lines -= delta;
        }
    }
    return result;
}

PyGetSetDef code_getset[] = {
    {"co_varnames", get_varnames, NULL, NULL, NULL},
    {"co_cellvars", get_cellvars, NULL, NULL, NULL},
    {"co_freevars", get_freevars, NULL, NULL, NULL},
    {"co_code", get_code, NULL, NULL, NULL},
    {"_co_code_adaptive", get_code_adaptive, NULL, NULL, NULL},
    {"co_lnotab", get_lnotab, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

// ---- positions ----

static PyObject *
int_or_none(int value)
{
    return value < 0 ? new_ref(Py_None) : int_from_i64(value);
}

static PyObject *
make_tuple(const int *numbers, int n, int first_optional)
{
    PyObject *tuple = tuple_new(n);
    for (int i = 0; i < n && tuple != NULL; i++) {
        PyObject *item = i < first_optional ? int_from_i64(numbers[i]) : int_or_none(numbers[i]);
        if (item == NULL) {
            clear_ref(tuple);
            break;
        }
        tuple_set_item_steal(tuple, i, item);
    }
    return tuple;
}

static PyObject *
list_iterator_steal(PyObject *list)
{
    if (list == NULL) {
        return NULL;
    }
    PyObject *iterator = object_iter(list);
    decref(list);
    return iterator;
}

// (start, end, line) with neighbours of the same line joined.
static PyObject *
code_co_lines(PyObject *op, PyObject *unused)
{
    PyObject *list = list_new(0);
    LocationReader r;
    CodeLocation l;
    int run[3] = {0, 0, -2};
    location_reader_init(&r, as_code(op));
    bool more = true;
    while (list != NULL && more) {
        more = location_reader_next(&r, &l);
        if (more && l.line == run[2]) {
            run[1] = l.end * 8;
            continue;
        }
        if (run[2] != -2) {
            PyObject *item = make_tuple(run, 3, 2);
            if (item == NULL || list_append_steal(list, item) < 0) {
                clear_ref(list);
                break;
            }
        }
        if (more) {
            run[0] = l.start * 8;
            run[1] = l.end * 8;
            run[2] = l.line;
        }
    }
    return list_iterator_steal(list);
}

// (line, end line, column, end column) for each word.
static PyObject *
code_co_positions(PyObject *op, PyObject *unused)
{
    PyObject *list = list_new(0);
    LocationReader r;
    CodeLocation l;
    location_reader_init(&r, as_code(op));
    while (list != NULL && location_reader_next(&r, &l)) {
        int numbers[4] = {l.line, l.end_line, l.column, l.end_column};
        PyObject *item = make_tuple(numbers, 4, 0);
        // One for each unit of two bytes: users look it up by offset // 2.
        for (int i = 4 * l.start; i < 4 * l.end && item != NULL; i++) {
            if (list_append(list, item) < 0) {
                clear_ref(item);
            }
        }
        if (item == NULL) {
            clear_ref(list);
            break;
        }
        decref(item);
    }
    return list_iterator_steal(list);
}

// (source, left, right) offsets of each conditional jump.
static PyObject *
code_co_branches(PyObject *op, PyObject *unused)
{
    PyCodeObject *code = as_code(op);
    PyObject *list = list_new(0);
    for (Py_ssize_t i = 0; i < code_size(code) && list != NULL;) {
        uint64_t word = atomic_load_relaxed_u64(&code->co_words[i]);
        Py_ssize_t left, right;
        if (code_branch(code, i, &left, &right)) {
            int numbers[3] = {(int)i * 8, (int)left * 8, (int)right * 8};
            PyObject *item = make_tuple(numbers, 3, 3);
            if (item == NULL || list_append_steal(list, item) < 0) {
                clear_ref(list);
            }
        }
        i += opcode_info[WORD_OP(word)].words;
    }
    return list_iterator_steal(list);
}

static PyObject *
code_varname_from_oparg(PyObject *op, PyObject *arg)
{
    Py_ssize_t i = number_as_ssize(arg, PyExc_IndexError);
    if (i == -1 && error_occurred()) {
        return NULL;
    }
    return tuple_get(as_code(op)->co_localsplusnames, i);
}

static PyObject *
code_sizeof(PyObject *op, PyObject *unused)
{
    PyCodeObject *code = as_code(op);
    return int_from_ssize((Py_ssize_t)sizeof(PyCodeObject) + code_size(code) * 8 +
                          tuple_size(code->co_consts) * 8);
}

// ---- new code objects out of parts ----

// Arguments of types.CodeType and replace(), borrowed.
typedef struct CodeParts {
    int argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, firstlineno;
    PyObject *code, *consts, *names, *varnames, *freevars, *cellvars, *filename, *name, *qualname,
        *linetable, *exceptiontable;
} CodeParts;

static bool
tuple_has(PyObject *tuple, PyObject *name)
{
    for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
        if (str_equal(tuple_item(tuple, i), name)) {
            return true;
        }
    }
    return false;
}

static int
add_variables(PyObject *names, struct ByteBuffer *kinds, PyObject *from, int kind, PyObject *cells,
              PyObject *skip)
{
    for (Py_ssize_t i = 0; i < tuple_size(from); i++) {
        PyObject *name = tuple_item(from, i);
        if (!str_check(name)) {
            error_format(PyExc_TypeError, "name tuples must contain only strings, not '%.500s'",
                         type_of(name)->tp_name);
            return -1;
        }
        if (skip != NULL && tuple_has(skip, name)) {
            continue;
        }
        bool cell = cells != NULL && tuple_has(cells, name);
        kinds->data[kinds->size++] = (uint8_t)(kind | (cell ? CO_FAST_CELL : 0));
        if (list_append(names, name) < 0) {
            return -1;
        }
    }
    return 0;
}

// localsplus: varnames, cells that are no locals, free variables.
static int
parts_variables(const CodeParts *p, PyObject **names, PyObject **kinds)
{
    Py_ssize_t most = tuple_size(p->varnames) + tuple_size(p->cellvars) + tuple_size(p->freevars);
    struct ByteBuffer buffer = {.data = mem_alloc_or_error((size_t)most + 1)};
    PyObject *list = list_new(0);
    int result = -1;
    if (buffer.data != NULL && list != NULL &&
        add_variables(list, &buffer, p->varnames, CO_FAST_LOCAL, p->cellvars, NULL) == 0 &&
        add_variables(list, &buffer, p->cellvars, CO_FAST_CELL, NULL, p->varnames) == 0 &&
        add_variables(list, &buffer, p->freevars, CO_FAST_FREE, NULL, NULL) == 0) {
        *names = list_as_tuple(list);
        *kinds = bytes_from_data((const char *)buffer.data, buffer.size);
        result = *names != NULL && *kinds != NULL ? 0 : -1;
    }
    mem_free(buffer.data);
    xdecref(list);
    return result;
}

// template: the code object that replace() was called on when its variables are kept, or NULL.
static PyObject *
parts_make(const CodeParts *p, PyCodeObject *template)
{
    PyObject *names = NULL, *kinds = NULL, *result = NULL;
    if (p->argcount < 0 || p->posonlyargcount < 0 || p->kwonlyargcount < 0) {
        const char *which = p->argcount < 0 ? "argcount"
                            : p->posonlyargcount < 0 ? "posonlyargcount" : "kwonlyargcount";
        return error_format(PyExc_ValueError, "code: %s must not be negative", which);
    }
    if (p->nlocals < 0) {
        return error_set(PyExc_ValueError, "code: nlocals must not be negative");
    }
    if (p->nlocals != tuple_size(p->varnames)) {
        return error_set(PyExc_ValueError, "code: co_nlocals != len(co_varnames)");
    }
    if (template != NULL) {
        names = new_ref(template->co_localsplusnames);
        kinds = new_ref(template->co_localspluskinds);
    }
    else if (parts_variables(p, &names, &kinds) < 0) {
        goto done;
    }
    if (bytes_length(p->code) == 0 || bytes_length(p->code) % 8 != 0) {
        error_set(PyExc_ValueError, "code: co_code is malformed");
        goto done;
    }
    uint64_t *words = mem_alloc_or_error((size_t)bytes_length(p->code));
    if (words == NULL) {
        goto done;
    }
    memcpy(words, bytes_data(p->code), (size_t)bytes_length(p->code));
    CodeSpec spec = {
        .filename = p->filename, .name = p->name, .qualname = p->qualname, .flags = p->flags,
        .argcount = p->argcount, .posonlyargcount = p->posonlyargcount,
        .kwonlyargcount = p->kwonlyargcount, .firstlineno = p->firstlineno,
        .localsplusnames = names, .localspluskinds = kinds,
        .framesize = CODE_FIRST_TEMP((int)tuple_size(names), p->flags) + p->stacksize,
        .words = words, .nwords = bytes_length(p->code) / 8, .consts = p->consts, .names = p->names,
        .linetable = p->linetable, .exceptiontable = p->exceptiontable,
    };
    result = (PyObject *)code_new(&spec);
    mem_free(words);
done:
    xdecref(names);
    xdecref(kinds);
    return result;
}

static int
parts_audit(const CodeParts *p)
{
    if (hooks.audit == NULL) {
        return 0;
    }
    PyObject *args = value_build("(OOOiiiiii)", p->code, p->filename, p->name, p->argcount,
                                 p->posonlyargcount, p->kwonlyargcount, p->nlocals, p->stacksize,
                                 p->flags);
    int result = args == NULL ? -1 : hooks.audit("code.__new__", args);
    xdecref(args);
    return result;
}

PyObject *
code_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    CodeParts p = {.freevars = NULL};
    PyObject *empty = NULL, *result = NULL;
    if (!args_no_keywords("code", kwargs) ||
        !args_parse(args, "iiiiiiSO!O!O!UUUiSS|O!O!:code", &p.argcount, &p.posonlyargcount,
                    &p.kwonlyargcount, &p.nlocals, &p.stacksize, &p.flags, &p.code, &PyTuple_Type,
                    &p.consts, &PyTuple_Type, &p.names, &PyTuple_Type, &p.varnames, &p.filename,
                    &p.name, &p.qualname, &p.firstlineno, &p.linetable, &p.exceptiontable,
                    &PyTuple_Type, &p.freevars, &PyTuple_Type, &p.cellvars)) {
        return NULL;
    }
    empty = tuple_empty();
    p.freevars = p.freevars == NULL ? empty : p.freevars;
    p.cellvars = p.cellvars == NULL ? empty : p.cellvars;
    result = parts_audit(&p) < 0 ? NULL : parts_make(&p, NULL);
    xdecref(empty);
    return result;
}

static PyObject *
code_replace(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {
        "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_nlocals", "co_stacksize",
        "co_flags", "co_firstlineno", "co_code", "co_consts", "co_names", "co_varnames",
        "co_freevars", "co_cellvars", "co_filename", "co_name", "co_qualname", "co_linetable",
        "co_exceptiontable", NULL};
    PyCodeObject *code = as_code(op);
    PyObject *bytes = code_bytes(code), *varnames = code_varnames(code);
    PyObject *freevars = code_freevars(code), *cellvars = code_cellvars(code), *result = NULL;
    CodeParts p = {code->co_argcount, code->co_posonlyargcount, code->co_kwonlyargcount,
                   code->co_nlocals, code->co_stacksize, code->co_flags, code->co_firstlineno,
                   bytes, code->co_consts, code->co_names, varnames, freevars, cellvars,
                   code->co_filename, code->co_name, code->co_qualname, code->co_linetable,
                   code->co_exceptiontable};
    if (bytes == NULL || varnames == NULL || freevars == NULL || cellvars == NULL) {
        goto done;
    }
    if (!args_parse_static(args, kwargs, "|$iiiiiiiSO!O!O!O!O!UUUSS:replace", keywords,
                           &p.argcount, &p.posonlyargcount, &p.kwonlyargcount, &p.nlocals,
                           &p.stacksize, &p.flags, &p.firstlineno, &p.code, &PyTuple_Type,
                           &p.consts, &PyTuple_Type, &p.names, &PyTuple_Type, &p.varnames,
                           &PyTuple_Type, &p.freevars, &PyTuple_Type, &p.cellvars, &p.filename,
                           &p.name, &p.qualname, &p.linetable, &p.exceptiontable)) {
        goto done;
    }
    bool same = p.varnames == varnames && p.freevars == freevars && p.cellvars == cellvars;
    result = parts_audit(&p) < 0 ? NULL : parts_make(&p, same ? code : NULL);
done:
    xdecref(bytes);
    xdecref(varnames);
    xdecref(freevars);
    xdecref(cellvars);
    return result;
}

PyMethodDef code_methods[] = {
    {"__sizeof__", code_sizeof, METH_NOARGS, NULL},
    {"co_lines", code_co_lines, METH_NOARGS, NULL},
    {"co_positions", code_co_positions, METH_NOARGS, NULL},
    {"co_branches", code_co_branches, METH_NOARGS, NULL},
    {"replace", (PyCFunction)code_replace, METH_VARARGS | METH_KEYWORDS,
     "replace($self, /, **changes)\n--\n\n"
     "Return a copy of the code object with new values for the specified fields."},
    {"__replace__", (PyCFunction)code_replace, METH_VARARGS | METH_KEYWORDS,
     "__replace__($self, /, **changes)\n--\n\nThe same as replace()."},
    {"_varname_from_oparg", code_varname_from_oparg, METH_O,
     "(internal-only) Return the local variable name for the given oparg."},
    {NULL, NULL, 0, NULL},
};

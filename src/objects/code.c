// Code objects: making, checking and freeing them (code.h).
//
// code_new checks every operand of every instruction against the table of opcodes, so that damaged
// bytecode files and code.replace() cannot make the interpreter read outside the frame.
#include "objects/code.h"

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/qsbr.h"
#include "objects/bytes.h"
#include "objects/complex.h"
#include "objects/code_cache.h"
#include "objects/code_internal.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/object.h"
#include "objects/set.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "objects/weakref.h"
#include "vm_opcode_ids.h"

_Static_assert(offsetof(PyCodeObject, co_flags) == 64, "ABI");
_Static_assert(offsetof(PyCodeObject, co_nlocalsplus) == 88, "ABI");
_Static_assert(offsetof(PyCodeObject, co_nfreevars) == 104, "ABI");
_Static_assert(offsetof(PyCodeObject, _co_firsttraceable) == 208, "ABI");

#define MAX_REGISTERS 65535

// ---- checking ----

typedef struct Verifier {
    const CodeSpec *spec;
    Py_ssize_t nconsts, nnames;
    Py_ssize_t at;              // instruction being checked
    uint64_t word;
} Verifier;

static int
verify_error(Verifier *v, const char *what)
{
    const char *name = opcode_info[WORD_OP(v->word)].name;
    error_format(PyExc_ValueError, "code: %s in instruction %zd (%s) of %U", what, v->at,
                 name == NULL ? "?" : name, v->spec->qualname);
    return -1;
}

// One operand of kind `kind` with this value; end: first word behind the instruction.
static int
verify_operand(Verifier *v, int kind, uint32_t value, bool wide, Py_ssize_t end)
{
    int64_t target;
    switch (kind) {
    case OPERAND_NONE:
    case OPERAND_NUM:
        return 0;
    case OPERAND_CONST:
        return value < v->nconsts ? 0 : verify_error(v, "constant index out of range");
    case OPERAND_NAME:
        return value < v->nnames ? 0 : verify_error(v, "name index out of range");
    case OPERAND_JUMP:
        target = end + (wide ? (int64_t)(int32_t)value : (int64_t)(int16_t)value);
        return target >= 0 && target < v->spec->nwords ? 0
                                                       : verify_error(v, "jump out of range");
    case OPERAND_WINDOW:
        return value + WINDOW_ARGS <= (uint32_t)v->spec->framesize
                   ? 0 : verify_error(v, "call window out of range");
    default:
        return value < (uint32_t)v->spec->framesize ? 0
                                                    : verify_error(v, "register out of range");
    }
}

// Operands that stand for several registers.
static int
verify_run(Verifier *v, const struct OpcodeInfo *info)
{
    int64_t first = -1, count = 0;
    uint16_t c = WORD_C(v->word);
    switch (WORD_OP(v->word)) {
    case OP_CALL:
    case OP_CALL_KW:
        first = WORD_B(v->word) + WINDOW_ARGS;
        count = c;
        break;
    case OP_POP_TEMPS:
    case OP_UNPACK_SEQUENCE:
    case OP_COPY_FREE_VARS:
        first = WORD_A(v->word);
        count = c;
        break;
    case OP_BUILD_MAP:
        first = WORD_B(v->word);
        count = 2 * (int64_t)c;
        break;
    default:
        if (info->b == OPERAND_TEMPS && info->c == OPERAND_NUM &&
            WORD_OP(v->word) != OP_CALL_INTRINSIC_2 && WORD_OP(v->word) != OP_BUILD_INTERPOLATION) {
            first = WORD_B(v->word);
            count = c;
        }
    }
    return first + count <= v->spec->framesize ? 0 : verify_error(v, "registers out of range");
}

static int
verify_instruction(Verifier *v)
{
    const struct OpcodeInfo *info = &opcode_info[WORD_OP(v->word)];
    if (info->name == NULL || (info->properties & OPCODE_QUICK) != 0) {
        return verify_error(v, "unknown operation");
    }
    Py_ssize_t end = v->at + info->words;
    if (end > v->spec->nwords) {
        return verify_error(v, "missing second word");
    }
    if ((info->properties & OPCODE_CACHE) != 0 && v->spec->words[v->at + 1] != 0) {
        return verify_error(v, "used cache word");
    }
    if (verify_operand(v, info->a, WORD_A(v->word), false, end) < 0 ||
        verify_operand(v, info->b, WORD_B(v->word), false, end) < 0 ||
        verify_operand(v, info->c, WORD_C(v->word), false, end) < 0 ||
        verify_operand(v, info->bc, WORD_BC(v->word), true, end) < 0 || verify_run(v, info) < 0) {
        return -1;
    }
    if (end == v->spec->nwords && (info->properties & OPCODE_STOP) == 0) {
        return verify_error(v, "control runs past the end");
    }
    return 0;
}

static int
code_verify(const CodeSpec *spec)
{
    Verifier v = {.spec = spec, .nconsts = tuple_size(spec->consts),
                  .nnames = tuple_size(spec->names)};
    while (v.at < spec->nwords) {
        v.word = spec->words[v.at];
        if (verify_instruction(&v) < 0) {
            return -1;
        }
        v.at += opcode_info[WORD_OP(v.word)].words;
    }
    return 0;
}

static int
spec_check_types(const CodeSpec *spec)
{
    if (!str_check(spec->filename) || !str_check(spec->name) || !str_check(spec->qualname) ||
        !tuple_check(spec->localsplusnames) || !bytes_check(spec->localspluskinds) ||
        !tuple_check(spec->consts) || !tuple_check(spec->names) || !bytes_check(spec->linetable) ||
        !bytes_check(spec->exceptiontable) || spec->nwords <= 0) {
        error_bad_internal_call();
        return -1;
    }
    for (Py_ssize_t i = 0; i < tuple_size(spec->names); i++) {
        if (!str_check_exact(tuple_item(spec->names, i))) {
            error_format(PyExc_TypeError, "name tuples must contain only strings, not '%.500s'",
                         type_of(tuple_item(spec->names, i))->tp_name);
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < tuple_size(spec->localsplusnames); i++) {
        if (!str_check_exact(tuple_item(spec->localsplusnames, i))) {
            error_format(PyExc_TypeError, "name tuples must contain only strings, not '%.500s'",
                         type_of(tuple_item(spec->localsplusnames, i))->tp_name);
            return -1;
        }
    }
    return 0;
}

static int
spec_check(const CodeSpec *spec)
{
    if (spec_check_types(spec) < 0) {
        return -1;
    }
    Py_ssize_t nlocalsplus = tuple_size(spec->localsplusnames);
    int first_temp = CODE_FIRST_TEMP((int)nlocalsplus, spec->flags);
    int64_t total = (int64_t)spec->argcount + spec->kwonlyargcount +
                    ((spec->flags & CO_VARARGS) != 0) + ((spec->flags & CO_VARKEYWORDS) != 0);
    if (bytes_length(spec->localspluskinds) != nlocalsplus || spec->argcount < 0 ||
        spec->kwonlyargcount < 0 || spec->posonlyargcount < 0 ||
        spec->posonlyargcount > spec->argcount || spec->framesize < first_temp) {
        error_set(PyExc_ValueError, "code: inconsistent counts of variables");
        return -1;
    }
    if (spec->framesize > MAX_REGISTERS) {
        error_format(PyExc_OverflowError, "%U needs %d registers; the limit is %d", spec->qualname,
                     spec->framesize, MAX_REGISTERS);
        return -1;
    }
    if (total > nlocalsplus) {
        error_set(PyExc_ValueError, "code: varnames is too small");
        return -1;
    }
#ifdef NDEBUG
    if (spec->trusted) {
        return 0;
    }
#endif
    return code_verify(spec);
}

// ---- interning ----

static bool
looks_like_name(PyObject *s)
{
    if (!str_is_ascii(s)) {
        return false;
    }
    const unsigned char *text = str_data(s);
    for (Py_ssize_t i = 0, n = str_length(s); i < n; i++) {
        unsigned char ch = text[i];
        bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_';
        if (!letter && !(ch >= '0' && ch <= '9')) {
            return false;
        }
    }
    return true;
}

static void
intern_names(PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
        str_intern_in_place(&tuple_items(tuple)[i]);
    }
}

static void
intern_constants(PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < tuple_size(tuple); i++) {
        PyObject *op = tuple_item(tuple, i);
        if (str_check_exact(op) && looks_like_name(op)) {
            str_intern_in_place(&tuple_items(tuple)[i]);
        }
        else if (tuple_check_exact(op)) {
            intern_constants(op);
        }
    }
}

// ---- making ----

static Value *
code_make_values(PyObject *consts)
{
    Py_ssize_t n = tuple_size(consts);
    Value *values = mem_alloc_or_error((size_t)(n + 1) * sizeof(Value));
    for (Py_ssize_t i = 0; i < n && values != NULL; i++) {
        Value v = value_from_object(tuple_item(consts, i));
        value_drop(v);
        values[i] = value_lend(v);      // co_consts keeps it
    }
    return values;
}

static void
code_set_counts(PyCodeObject *code, const CodeSpec *spec)
{
    const char *kinds = bytes_data(spec->localspluskinds);
    code->co_nlocalsplus = (int)tuple_size(spec->localsplusnames);
    code->co_nlocals = code->co_ncellvars = code->co_nfreevars = 0;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        code->co_nlocals += (kinds[i] & CO_FAST_LOCAL) != 0;
        code->co_ncellvars += (kinds[i] & CO_FAST_CELL) != 0;
        code->co_nfreevars += (kinds[i] & CO_FAST_FREE) != 0;
    }
    code->co_flags = spec->flags;
    code->co_argcount = spec->argcount;
    code->co_posonlyargcount = spec->posonlyargcount;
    code->co_kwonlyargcount = spec->kwonlyargcount;
    code->co_firstlineno = spec->firstlineno;
    code->co_framesize = spec->framesize;
    code->co_first_temp = CODE_FIRST_TEMP(code->co_nlocalsplus, spec->flags);
    code->co_stacksize = spec->framesize - code->co_first_temp;
    code->co_nargs = spec->argcount + spec->kwonlyargcount + ((spec->flags & CO_VARARGS) != 0) +
                     ((spec->flags & CO_VARKEYWORDS) != 0);
    bool simple = (spec->flags & (CO_VARARGS | CO_VARKEYWORDS)) == 0 &&
                  spec->kwonlyargcount == 0 && (spec->flags & CO_OPTIMIZED) != 0;
    code->co_simple_args = simple ? spec->argcount : -1;
    code->co_nfill = code->co_nlocalsplus - code->co_nargs;
}

// Returns in generator-like code end the generator.
static void
code_put_generator_returns(PyCodeObject *code)
{
    for (Py_ssize_t i = 0; i < code_size(code);) {
        uint64_t word = code->co_words[i];
        if (WORD_OP(word) == OP_RETURN_VALUE) {
            code->co_words[i] = (word & ~(uint64_t)0xff) | OP_RETURN_VALUE_GEN;
        }
        else if (WORD_OP(word) == OP_RETURN_CONST) {
            code->co_words[i] = (word & ~(uint64_t)0xff) | OP_RETURN_CONST_GEN;
        }
        i += opcode_info[WORD_OP(word)].words;
    }
}

PyCodeObject *
code_new(const CodeSpec *spec)
{
    if (spec_check(spec) < 0) {
        return NULL;
    }
    PyCodeObject *code = (PyCodeObject *)heap_new_object(&PyCode_Type, sizeof(PyCodeObject));
    if (code == NULL) {
        return NULL;
    }
    memset((char *)code + sizeof(PyObject), 0, sizeof(PyCodeObject) - sizeof(PyObject));
    intern_names(spec->names);
    intern_names(spec->localsplusnames);
    intern_constants(spec->consts);
    code->ob_base.ob_size = spec->nwords;
    code_set_counts(code, spec);
    code->co_consts = new_ref(spec->consts);
    code->co_names = new_ref(spec->names);
    code->co_localsplusnames = new_ref(spec->localsplusnames);
    code->co_localspluskinds = new_ref(spec->localspluskinds);
    code->co_filename = new_ref(spec->filename);
    code->co_name = new_ref(spec->name);
    code->co_qualname = new_ref(spec->qualname);
    str_intern_in_place(&code->co_name);
    str_intern_in_place(&code->co_qualname);
    code->co_linetable = new_ref(spec->linetable);
    code->co_exceptiontable = new_ref(spec->exceptiontable);
    code->co_values = code_make_values(spec->consts);
    code->co_words = mem_alloc_or_error((size_t)spec->nwords * sizeof(uint64_t));
    if (code->co_words != NULL) {
        memcpy(code->co_words, spec->words, (size_t)spec->nwords * sizeof(uint64_t));
    }
    if (code->co_values == NULL || code->co_words == NULL || code_decode_handlers(code) < 0) {
        decref(code);
        return NULL;
    }
    bool resumes = (spec->flags & CO_OPTIMIZED) != 0 && spec->nwords > 1
                   && WORD_OP(spec->words[0]) == OP_RESUME;
    code->co_entry = code->co_words + resumes;
    if ((spec->flags & CO_GENERATOR_LIKE) != 0) {
        code_put_generator_returns(code);
    }
    gc_track(code);
    refcount_defer((PyObject *)code);
    return code;
}

PyCodeObject *
code_new_empty(const char *filename, const char *funcname, int firstlineno)
{
    uint64_t words[] = {BYTECODE_WORD_BC(OP_RETURN_CONST, 0, 0, 0)};
    PyObject *file = str_decode_fsdefault(filename), *name = str_from_cstr(funcname);
    PyObject *consts = tuple_pack(1, Py_None), *empty = tuple_empty();
    PyObject *no_bytes = bytes_from_data(NULL, 0);
    PyCodeObject *code = NULL;
    LocationWriter w;
    location_writer_init(&w, firstlineno);
    location_writer_add(&w, 1, firstlineno, firstlineno, -1, -1);
    PyObject *lines = location_writer_finish(&w);
    if (file != NULL && name != NULL && consts != NULL && empty != NULL && no_bytes != NULL &&
        lines != NULL) {
        CodeSpec spec = {.filename = file, .name = name, .qualname = name,
                         .flags = CO_OPTIMIZED | CO_NEWLOCALS, .firstlineno = firstlineno,
                         .localsplusnames = empty, .localspluskinds = no_bytes, .words = words,
                         .nwords = 1, .consts = consts, .names = empty, .linetable = lines,
                         .exceptiontable = no_bytes};
        code = code_new(&spec);
    }
    xdecref(file);
    xdecref(name);
    xdecref(consts);
    xdecref(empty);
    xdecref(no_bytes);
    xdecref(lines);
    return code;
}

// ---- questions ----

PyObject *
code_bytes(PyCodeObject *code)
{
    Py_ssize_t n = code_size(code);
    PyObject *result = bytes_from_data(NULL, n * 8);
    if (result == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n;) {
        uint64_t word = atomic_load_relaxed_u64(&code->co_words[i]);
        const struct OpcodeInfo *info = &opcode_info[WORD_OP(word)];
        word = (word & ~(uint64_t)0xff) | info->family;
        memcpy(bytes_data(result) + i * 8, &word, 8);
        if (info->words == 2) {
            uint64_t second = (info->properties & OPCODE_DATA) != 0 ? code->co_words[i + 1] : 0;
            memcpy(bytes_data(result) + (i + 1) * 8, &second, 8);
        }
        i += info->words;
    }
    return result;
}

bool
code_branch(PyCodeObject *code, Py_ssize_t at, Py_ssize_t *left, Py_ssize_t *right)
{
    uint64_t word = atomic_load_relaxed_u64(&code->co_words[at]);
    const struct OpcodeInfo *info = &opcode_info[WORD_OP(word)];
    if ((info->properties & (OPCODE_JUMPS | OPCODE_STOP)) != OPCODE_JUMPS ||
        info->family == OP_SEND) {
        return false;
    }
    Py_ssize_t next = at + info->words;
    Py_ssize_t distance = info->c == OPERAND_JUMP ? (int16_t)WORD_C(word) : (int32_t)WORD_BC(word);
    // Loops test at their end, and jump to their body.
    bool loop = distance < 0 || info->family == OP_FOR_ITER;
    *left = loop ? next + distance : next;
    *right = loop ? next : next + distance;
    return true;
}

PyObject *
code_register_name_borrow(PyCodeObject *code, int reg)
{
    int i = reg - code_localsplus_register(code, 0);
    return i >= 0 && i < code->co_nlocalsplus ? tuple_item(code->co_localsplusnames, i) : NULL;
}

static PyObject *
names_of_kind(PyCodeObject *code, int kind, int count)
{
    PyObject *result = tuple_new(count);
    const char *kinds = bytes_data(code->co_localspluskinds);
    for (int i = 0, next = 0; i < code->co_nlocalsplus && result != NULL; i++) {
        if ((kinds[i] & kind) != 0) {
            tuple_set_item_steal(result, next++, new_ref(tuple_item(code->co_localsplusnames, i)));
        }
    }
    return result;
}

PyObject *code_varnames(PyCodeObject *code) { return names_of_kind(code, CO_FAST_LOCAL, code->co_nlocals); }
PyObject *code_cellvars(PyCodeObject *code) { return names_of_kind(code, CO_FAST_CELL, code->co_ncellvars); }
PyObject *code_freevars(PyCodeObject *code) { return names_of_kind(code, CO_FAST_FREE, code->co_nfreevars); }

// ---- equality: as constants are told apart by the compiler ----

static int constants_equal(PyObject *a, PyObject *b);

static int
constant_tuples_equal(PyObject *a, PyObject *b)
{
    if (tuple_size(a) != tuple_size(b)) {
        return 0;
    }
    int equal = 1;
    for (Py_ssize_t i = 0; i < tuple_size(a) && equal > 0; i++) {
        equal = constants_equal(tuple_item(a, i), tuple_item(b, i));
    }
    return equal;
}

static int
constants_equal(PyObject *a, PyObject *b)
{
    if (a == b) {
        return 1;
    }
    if (type_of(a) != type_of(b)) {
        return 0;
    }
    if (tuple_check_exact(a)) {
        return constant_tuples_equal(a, b);
    }
    if (type_of(a) == &PyFloat_Type) {
        return memcmp(&((PyFloatObject *)a)->ob_fval, &((PyFloatObject *)b)->ob_fval, 8) == 0;
    }
    if (type_of(a) == &PyComplex_Type) {
        return memcmp(&((PyComplexObject *)a)->cval, &((PyComplexObject *)b)->cval, 16) == 0;
    }
    return object_richcompare_bool(a, b, Py_EQ);
}

static int
code_equal(PyCodeObject *a, PyCodeObject *b)
{
    if (a->co_argcount != b->co_argcount || a->co_posonlyargcount != b->co_posonlyargcount ||
        a->co_kwonlyargcount != b->co_kwonlyargcount || a->co_flags != b->co_flags ||
        a->co_firstlineno != b->co_firstlineno || code_size(a) != code_size(b) ||
        !str_equal(a->co_name, b->co_name)) {
        return 0;
    }
    PyObject *x = code_bytes(a);
    PyObject *y = x != NULL ? code_bytes(b) : NULL;
    PyObject *const pairs[][2] = {
        {x, y},
        {a->co_consts, b->co_consts},
        {a->co_names, b->co_names},
        {a->co_localsplusnames, b->co_localsplusnames},
        {a->co_linetable, b->co_linetable},
        {a->co_exceptiontable, b->co_exceptiontable},
    };
    int equal = y != NULL ? 1 : -1;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs && equal > 0; i++) {
        equal = constants_equal(pairs[i][0], pairs[i][1]);
    }
    xdecref(x);
    xdecref(y);
    return equal;
}

static PyObject *
code_richcompare(PyObject *a, PyObject *b, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !code_check(a) || !code_check(b)) {
        return new_ref(Py_NotImplemented);
    }
    int equal = a == b ? 1 : code_equal((PyCodeObject *)a, (PyCodeObject *)b);
    return equal < 0 ? NULL : new_ref(equal == (op == Py_EQ) ? Py_True : Py_False);
}

static Py_hash_t
code_hash(PyObject *op)
{
    PyCodeObject *code = (PyCodeObject *)op;
    Py_uhash_t hash = (Py_uhash_t)str_hash(code->co_name);
    int numbers[] = {code->co_argcount, code->co_posonlyargcount, code->co_kwonlyargcount,
                     code->co_flags, code->co_firstlineno, (int)code_size(code)};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        hash = (hash ^ (Py_uhash_t)numbers[i]) * 1000003u;
    }
    for (Py_ssize_t i = 0; i < tuple_size(code->co_names); i++) {
        hash = (hash ^ (Py_uhash_t)str_hash(tuple_item(code->co_names, i))) * 1000003u;
    }
    return hash == (Py_uhash_t)-1 ? -2 : (Py_hash_t)hash;
}

static PyObject *
code_repr(PyObject *op)
{
    PyCodeObject *code = (PyCodeObject *)op;
    return str_format("<code object %U at %p, file \"%U\", line %d>", code->co_name, op,
                      code->co_filename, code->co_firstlineno != 0 ? code->co_firstlineno : -1);
}

// ---- life ----

// Cache records end with the code.
static void
code_free_caches(PyCodeObject *code)
{
    for (Py_ssize_t i = 0; i < code_size(code);) {
        const struct OpcodeInfo *info = &opcode_info[WORD_OP(code->co_words[i])];
        if ((info->properties & OPCODE_CACHE) != 0 && cache_word_is_record(code->co_words[i + 1])) {
            code_cache_retire((CacheRecord *)(uintptr_t)code->co_words[i + 1]);
        }
        i += info->words;
    }
}

static void
code_dealloc(PyObject *op)
{
    PyCodeObject *code = (PyCodeObject *)op;
    if (code->co_weakreflist != NULL) {
        weakref_clear_all(op);
    }
    gc_untrack(op);
    if (code->co_words != NULL) {
        code_free_caches(code);
    }
    clear_ref(code->co_consts);
    clear_ref(code->co_names);
    clear_ref(code->co_exceptiontable);
    clear_ref(code->co_localsplusnames);
    clear_ref(code->co_localspluskinds);
    clear_ref(code->co_filename);
    clear_ref(code->co_name);
    clear_ref(code->co_qualname);
    clear_ref(code->co_linetable);
    qsbr_free_delayed(code->co_values);
    qsbr_free_delayed(code->co_words);
    mem_free(code->co_handlers);
    if (code->co_extra != NULL) {
        mem_free(*(void **)code->co_extra);     // its first word owns a block
        mem_free(code->co_extra);
    }
    heap_free(op);
}

static int
code_traverse(PyObject *op, visitproc visit, void *arg)
{
    return visit(((PyCodeObject *)op)->co_consts, arg);
}

PyTypeObject PyCode_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "code",
    .tp_basicsize = sizeof(PyCodeObject),
    .tp_dealloc = code_dealloc,
    .tp_repr = code_repr,
    .tp_hash = code_hash,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "code(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize,\n     flags, "
              "codestring, constants, names, varnames, filename, name,\n     qualname, firstlineno, "
              "linetable, exceptiontable, freevars=(), cellvars=(), /)\n--\n\n"
              "Create a code object.  Not for mere mortals.",
    .tp_traverse = code_traverse,
    .tp_richcompare = code_richcompare,
    .tp_weaklistoffset = offsetof(PyCodeObject, co_weakreflist),
    .tp_methods = code_methods,
    .tp_members = code_members,
    .tp_getset = code_getset,
    .tp_new = code_tp_new,
    .tp_free = heap_free,
};

static void
code_replace_filename(PyCodeObject *code, PyObject *old, PyObject *filename)
{
    if (!str_equal(code->co_filename, old)) {
        return;
    }
    for (Py_ssize_t i = 0; i < tuple_size(code->co_consts); i++) {
        PyObject *item = tuple_item(code->co_consts, i);
        if (code_check(item)) {
            code_replace_filename((PyCodeObject *)item, old, filename);
        }
    }
    set_ref(code->co_filename, new_ref(filename));
}

void
code_set_filename(PyObject *op, PyObject *filename)
{
    PyObject *old = new_ref(((PyCodeObject *)op)->co_filename);
    code_replace_filename((PyCodeObject *)op, old, filename);
    decref(old);
}

// The `_blake2` module: blake2b and blake2s objects with all parameters of RFC 7693.
//
// Threading: `mutex` guards the state; it is a raw mutex so that a long update can detach the
// thread (see hash_evp.h).
#include <string.h>

#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/blake2_core.h"
#include "modules/hash_evp.h"
#include "modules/module.h"
#include "modules/native_type.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "thread/mutex.h"
#include "thread/thread.h"

enum { DIGEST_MAX = 64, PARAMETERS_MAX = 64, BLOCK_MAX = 128 };

typedef struct {
    PyObject ob_base;
    PyMutex mutex;
    unsigned char digest_size;      // immutable
    union {
        Blake2b b;
        Blake2s s;
    } state;                        // lock: mutex; which one: by type
} Blake2Object;

static PyTypeObject blake2b_type, blake2s_type;

static bool
is_b(PyTypeObject *type)
{
    return type == &blake2b_type;
}

static void
state_update(Blake2Object *self, const void *data, size_t size)
{
    if (is_b(type_of(self))) {
        blake2b_update(&self->state.b, data, size);
    }
    else {
        blake2s_update(&self->state.s, data, size);
    }
}

static int
object_update(Blake2Object *self, PyObject *data)
{
    Py_buffer view;
    if (hash_get_buffer(data, &view) < 0) {
        return -1;
    }
    Thread *ts = thread_current();
    bool detach = view.len >= HASH_DETACH_SIZE;
    mutex_lock(&self->mutex);
    if (detach) {
        thread_detach(ts);
    }
    state_update(self, view.buf, (size_t)view.len);
    if (detach) {
        thread_attach(ts);
    }
    mutex_unlock(&self->mutex);
    buffer_release(&view);
    return 0;
}

// ---- construction ----

// The arguments of both constructors.
typedef struct {
    PyObject *data, *string;
    int digest_size, fanout, depth, node_depth, inner_size, last_node, usedforsecurity;
    Py_buffer key, salt, person;
    PyObject *leaf_size, *node_offset;
} Arguments;

// An unsigned int up to `max`; false with an exception.
static bool
read_unsigned(PyObject *arg, uint64_t max, const char *name, uint64_t *result)
{
    *result = 0;
    if (arg == NULL) {
        return true;
    }
    if (!int_check(arg)) {
        error_set(PyExc_TypeError, "an integer is required");
        return false;
    }
    if (int_is_negative(arg)) {
        error_set(PyExc_ValueError, "value must be positive");
        return false;
    }
    *result = int_as_u64(arg);
    if (*result == (uint64_t)-1 && error_occurred()) {
        return false;
    }
    if (*result > max) {
        error_format(PyExc_OverflowError, "%s is too large", name);
        return false;
    }
    return true;
}

static bool
in_range(int value, int low, int high, const char *message)
{
    if (value < low || value > high) {
        error_format(PyExc_ValueError, message, high);
        return false;
    }
    return true;
}

static bool
short_enough(const Py_buffer *view, int max, const char *what)
{
    if (view->len > max) {
        error_format(PyExc_ValueError, "maximum %s length is %d bytes", what, max);
        return false;
    }
    return true;
}

static void
put_little(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        at[i] = (unsigned char)(value >> (8 * i));
    }
}

static void
put_buffer(unsigned char *at, const Py_buffer *view)
{
    if (view->len > 0) {
        memcpy(at, view->buf, (size_t)view->len);
    }
}

// Checks the arguments and lays them out as the parameter block. False with an exception.
static bool
make_parameters(const Arguments *a, bool b, unsigned char *block)
{
    int out = b ? 64 : 32, salt = b ? 16 : 8, offset_bytes = b ? 8 : 6;
    uint64_t leaf_size, node_offset;
    if (!in_range(a->digest_size, 1, out, "digest_size must be between 1 and %d bytes") ||
        !short_enough(&a->salt, salt, "salt") || !short_enough(&a->person, salt, "person") ||
        !in_range(a->fanout, 0, 255, "fanout must be between 0 and 255") ||
        !in_range(a->depth, 1, 255, "depth must be between 1 and 255") ||
        !read_unsigned(a->leaf_size, 0xffffffff, "leaf_size", &leaf_size) ||
        !read_unsigned(a->node_offset, b ? UINT64_MAX : 0xffffffffffff, "node_offset",
                       &node_offset) ||
        !in_range(a->node_depth, 0, 255, "node_depth must be between 0 and 255") ||
        !in_range(a->inner_size, 0, out, "inner_size must be between 0 and is %d") ||
        !short_enough(&a->key, out, "key")) {
        return false;
    }
    memset(block, 0, PARAMETERS_MAX);
    block[0] = (unsigned char)a->digest_size;
    block[1] = (unsigned char)a->key.len;
    block[2] = (unsigned char)a->fanout;
    block[3] = (unsigned char)a->depth;
    put_little(block + 4, leaf_size, 4);
    put_little(block + 8, node_offset, offset_bytes);
    block[8 + offset_bytes] = (unsigned char)a->node_depth;
    block[9 + offset_bytes] = (unsigned char)a->inner_size;
    put_buffer(block + (b ? 32 : 16), &a->salt);
    put_buffer(block + (b ? 48 : 24), &a->person);
    return true;
}

static PyObject *
object_from_arguments(PyTypeObject *type, const Arguments *a)
{
    PyObject *data;
    unsigned char block[PARAMETERS_MAX], key[BLOCK_MAX] = {0};
    bool b = is_b(type);
    if (!hash_data_argument(a->data, a->string, &data) || !make_parameters(a, b, block)) {
        return NULL;
    }
    Blake2Object *self = (Blake2Object *)type_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->digest_size = (unsigned char)a->digest_size;
    if (b) {
        blake2b_start(&self->state.b, block, a->last_node);
    }
    else {
        blake2s_start(&self->state.s, block, a->last_node);
    }
    if (a->key.len > 0) {
        put_buffer(key, &a->key);
        state_update(self, key, b ? 128 : 64);
        explicit_bzero(key, sizeof key);
    }
    if (data != NULL && object_update(self, data) < 0) {
        clear_ref(self);
    }
    return (PyObject *)self;
}

static const char *const keywords[] = {
    "data", "digest_size", "key", "salt", "person", "fanout", "depth", "leaf_size", "node_offset",
    "node_depth", "inner_size", "last_node", "usedforsecurity", "string", NULL,
};

static PyObject *
make_object(PyTypeObject *type, PyObject *args, PyObject *kwargs, ArgsParser *parser)
{
    Arguments a = {.digest_size = is_b(type) ? 64 : 32, .fanout = 1, .depth = 1};
    PyObject *result = NULL;
    if (args_parse_tuple_keywords(args, kwargs, parser, &a.data, &a.digest_size, &a.key, &a.salt,
                                  &a.person, &a.fanout, &a.depth, &a.leaf_size, &a.node_offset,
                                  &a.node_depth, &a.inner_size, &a.last_node, &a.usedforsecurity,
                                  &a.string)) {
        result = object_from_arguments(type, &a);
        buffer_release(&a.key);
        buffer_release(&a.salt);
        buffer_release(&a.person);
    }
    return result;
}

static PyObject *
blake2b_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static ArgsParser parser = {.format = "|O$iy*y*y*iiOOiippO:blake2b", .keywords = keywords};
    return make_object(type, args, kwargs, &parser);
}

static PyObject *
blake2s_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static ArgsParser parser = {.format = "|O$iy*y*y*iiOOiippO:blake2s", .keywords = keywords};
    return make_object(type, args, kwargs, &parser);
}

// ---- methods ----

static PyObject *
blake2_update(PyObject *op, PyObject *data)
{
    return object_update((Blake2Object *)op, data) < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
blake2_copy(PyObject *op, PyObject *unused)
{
    Blake2Object *self = (Blake2Object *)op;
    Blake2Object *copy = (Blake2Object *)type_alloc(type_of(op), 0);
    if (copy != NULL) {
        copy->digest_size = self->digest_size;
        mutex_lock(&self->mutex);
        copy->state = self->state;
        mutex_unlock(&self->mutex);
    }
    return (PyObject *)copy;
}

static void
digest_now(PyObject *op, unsigned char *digest)
{
    Blake2Object *self = (Blake2Object *)op;
    mutex_lock(&self->mutex);
    __typeof__(self->state) state = self->state;
    mutex_unlock(&self->mutex);
    if (is_b(type_of(op))) {
        blake2b_finish(&state.b, digest, self->digest_size);
    }
    else {
        blake2s_finish(&state.s, digest, self->digest_size);
    }
}

static PyObject *
blake2_digest(PyObject *op, PyObject *unused)
{
    unsigned char digest[DIGEST_MAX];
    digest_now(op, digest);
    return bytes_from_data((char *)digest, ((Blake2Object *)op)->digest_size);
}

static PyObject *
blake2_hexdigest(PyObject *op, PyObject *unused)
{
    unsigned char digest[DIGEST_MAX];
    digest_now(op, digest);
    return bytes_to_hex((char *)digest, ((Blake2Object *)op)->digest_size, NULL, 0);
}

static PyObject *
blake2_get_name(PyObject *op, void *unused)
{
    return str_from_cstr(is_b(type_of(op)) ? "blake2b" : "blake2s");
}

static PyObject *
blake2_get_block_size(PyObject *op, void *unused)
{
    return int_from_i64(is_b(type_of(op)) ? 128 : 64);
}

static PyObject *
blake2_get_digest_size(PyObject *op, void *unused)
{
    return int_from_i64(((Blake2Object *)op)->digest_size);
}

static void
blake2_dealloc(PyObject *op)
{
    type_of(op)->tp_free(op);
}

static PyMethodDef blake2_methods[] = {
    {"copy", blake2_copy, METH_NOARGS,
     "copy($self, /)\n--\n\nReturn a copy of the hash object."},
    {"digest", blake2_digest, METH_NOARGS,
     "digest($self, /)\n--\n\nReturn the digest value as a bytes object."},
    {"hexdigest", blake2_hexdigest, METH_NOARGS,
     "hexdigest($self, /)\n--\n\nReturn the digest value as a string of hexadecimal digits."},
    {"update", blake2_update, METH_O,
     "update($self, data, /)\n--\n\nUpdate this hash object's state with the provided bytes-like "
     "object."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef blake2_getset[] = {
    {"name", blake2_get_name, NULL, NULL, NULL},
    {"block_size", blake2_get_block_size, NULL, NULL, NULL},
    {"digest_size", blake2_get_digest_size, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define SIGNATURE(name)                                                                         \
    name "(data=b'', *, digest_size=_blake2." name ".MAX_DIGEST_SIZE,\n        key=b'', "       \
    "salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,\n        node_offset=0, "            \
    "node_depth=0, inner_size=0, last_node=False,\n        usedforsecurity=True, "              \
    "string=None)\n--\n\n"

static PyTypeObject blake2b_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_blake2.blake2b",
    .tp_basicsize = sizeof(Blake2Object),
    .tp_dealloc = blake2_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = SIGNATURE("blake2b") "Return a new BLAKE2b hash object.",
    .tp_methods = blake2_methods,
    .tp_getset = blake2_getset,
    .tp_new = blake2b_new,
};

static PyTypeObject blake2s_type = {
    .ob_base = NATIVE_TYPE_HEAD,
    .tp_name = "_blake2.blake2s",
    .tp_basicsize = sizeof(Blake2Object),
    .tp_dealloc = blake2_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = SIGNATURE("blake2s") "Return a new BLAKE2s hash object.",
    .tp_methods = blake2_methods,
    .tp_getset = blake2_getset,
    .tp_new = blake2s_new,
};

// The limits as attributes of the type, and with a prefix of the module.
static int
add_limits(PyObject *module, PyTypeObject *type, const char *prefix, int salt, int out)
{
    const struct {
        const char *name;
        int value;
    } limits[] = {
        {"SALT_SIZE", salt}, {"PERSON_SIZE", salt}, {"MAX_KEY_SIZE", out},
        {"MAX_DIGEST_SIZE", out},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        PyObject *name = str_intern_cstr(limits[i].name);
        PyObject *value = name != NULL ? int_from_i64(limits[i].value) : NULL;
        PyObject *full = value != NULL ? str_format("%s_%U", prefix, name) : NULL;
        int status = full == NULL || type_set_attribute(type, name, value) < 0 ||
                             object_setattr(module, full, value) < 0
                         ? -1 : 0;
        xdecref(name);
        xdecref(value);
        xdecref(full);
        if (status < 0) {
            return -1;
        }
    }
    return 0;
}

static int
blake2_exec(PyObject *module)
{
    if (module_add_type(module, &blake2b_type) < 0 || module_add_type(module, &blake2s_type) < 0 ||
        add_limits(module, &blake2b_type, "BLAKE2B", 16, 64) < 0 ||
        add_limits(module, &blake2s_type, "BLAKE2S", 8, 32) < 0) {
        return -1;
    }
    return module_add_int(module, "_GIL_MINSIZE", HASH_DETACH_SIZE);
}

static PyModuleDef_Slot blake2_slots[] = {
    {Py_mod_exec, blake2_exec},
    {0, NULL},
};

static PyModuleDef blake2_definition = {
    .m_name = "_blake2",
    .m_doc = "_blake2b provides BLAKE2b for hashlib\n",
    .m_slots = blake2_slots,
};

NATIVE_MODULE(_blake2, &blake2_definition)

// The `_random` module: the Mersenne Twister MT19937 of Matsumoto and Nishimura (1998), with their
// seeding by an array (2002) and 53-bit doubles, so that sequences are those of every Python.
//
// Threading: each method runs in the generator's critical section.
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "abi/constants.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "objects/args.h"
#include "objects/bytes.h"
#include "objects/error.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "platform/random.h"
#include "thread/critical_section.h"

enum { WORDS = 624, MIDDLE = 397 };

typedef struct {
    PyObject ob_base;
    uint32_t state[WORDS];      // lock: the object's
    int index;                  // lock: the object's
} Random;

static PyTypeObject random_type;

// Refills the state: each word from its successor and one 397 places on.
static void
refill(Random *self)
{
    uint32_t *mt = self->state;
    for (int i = 0; i < WORDS; i++) {
        uint32_t y = (mt[i] & 0x80000000u) | (mt[(i + 1) % WORDS] & 0x7fffffffu);
        mt[i] = mt[(i + MIDDLE) % WORDS] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    self->index = 0;
}

static uint32_t
next_word(Random *self)
{
    if (self->index >= WORDS) {
        refill(self);
    }
    uint32_t y = self->state[self->index++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

static void
seed_by_number(Random *self, uint32_t seed)
{
    uint32_t *mt = self->state;
    mt[0] = seed;
    for (uint32_t i = 1; i < WORDS; i++) {
        mt[i] = 1812433253u * (mt[i - 1] ^ (mt[i - 1] >> 30)) + i;
    }
    self->index = WORDS;
}

static void
seed_by_array(Random *self, const uint32_t *key, size_t length)
{
    uint32_t *mt = self->state;
    seed_by_number(self, 19650218u);
    uint32_t i = 1;
    size_t j = 0;
    for (size_t k = WORDS > length ? WORDS : length; k > 0; k--) {
        mt[i] = (mt[i] ^ ((mt[i - 1] ^ (mt[i - 1] >> 30)) * 1664525u)) + key[j] + (uint32_t)j;
        if (++i >= WORDS) {
            mt[0] = mt[WORDS - 1];
            i = 1;
        }
        j = j + 1 < length ? j + 1 : 0;
    }
    for (int k = WORDS - 1; k > 0; k--) {
        mt[i] = (mt[i] ^ ((mt[i - 1] ^ (mt[i - 1] >> 30)) * 1566083941u)) - i;
        if (++i >= WORDS) {
            mt[0] = mt[WORDS - 1];
            i = 1;
        }
    }
    mt[0] = 0x80000000u;
}

static int
seed_from_entropy(Random *self)
{
    uint32_t key[WORDS];
    os_random_bytes((unsigned char *)key, sizeof key);
    seed_by_array(self, key, WORDS);
    return 0;
}

// An int by its magnitude, anything else by its hash.
static int
seed_lock_held(Random *self, PyObject *arg)
{
    if (arg == NULL || arg == Py_None) {
        return seed_from_entropy(self);
    }
    PyObject *number;
    if (int_check_exact(arg)) {
        number = int_absolute(arg);
    }
    else if (int_check(arg)) {
        number = int_copy(arg);
        set_ref(number, number != NULL ? int_absolute(number) : NULL);
    }
    else {
        Py_hash_t hash = object_hash(arg);
        if (hash == -1) {
            return -1;
        }
        number = int_from_u64((uint64_t)hash);
    }
    if (number == NULL) {
        return -1;
    }
    size_t words = ((size_t)int_bit_length(number) + 31) / 32;
    words = words == 0 ? 1 : words;
    uint32_t *key = mem_alloc_or_error(words * sizeof *key);
    int result = -1;
    if (key != NULL
        && int_as_byte_array(number, (unsigned char *)key, words * sizeof *key, true, false, true)
               == 0) {
        seed_by_array(self, key, words);
        result = 0;
    }
    mem_free(key);
    decref(number);
    return result;
}

static PyObject *
random_seed(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("seed", nargs, 0, 1)) {
        return NULL;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int failed = seed_lock_held((Random *)op, nargs ? args[0] : NULL);
    critical_section_end(&cs);
    return failed < 0 ? NULL : new_ref(Py_None);
}

static PyObject *
random_random(PyObject *op, PyObject *unused)
{
    Random *self = (Random *)op;
    CriticalSection cs;
    critical_section_begin(&cs, op);
    uint32_t a = next_word(self) >> 5;
    uint32_t b = next_word(self) >> 6;
    critical_section_end(&cs);
    return float_from_double((a * 67108864.0 + b) * (1.0 / 9007199254740992.0));
}

static PyObject *
random_getrandbits(PyObject *op, PyObject *arg)
{
    Random *self = (Random *)op;
    bool negative = int_check(arg) && int_is_negative(arg);     // of any size
    int64_t k = negative ? -1 : int_as_i64(arg);
    if (k == -1 && error_occurred()) {
        return NULL;
    }
    if (k < 0) {
        return error_set(PyExc_ValueError, "number of bits must be non-negative");
    }
    if (k == 0) {
        return int_from_i64(0);
    }
    CriticalSection cs;
    if (k <= 32) {
        critical_section_begin(&cs, op);
        uint32_t word = next_word(self) >> (32 - k);
        critical_section_end(&cs);
        return int_from_u64(word);
    }
    size_t words = (size_t)((k - 1) / 32 + 1);
    uint32_t *array = mem_alloc_or_error(words * sizeof *array);
    if (array == NULL) {
        return NULL;
    }
    critical_section_begin(&cs, op);
    for (size_t i = 0; i < words; i++, k -= 32) {
        uint32_t word = next_word(self);
        array[i] = k < 32 ? word >> (32 - k) : word;
    }
    critical_section_end(&cs);
    PyObject *result = int_from_byte_array((unsigned char *)array, words * sizeof *array, true,
                                           false);
    mem_free(array);
    return result;
}

static PyObject *
random_getstate(PyObject *op, PyObject *unused)
{
    Random *self = (Random *)op;
    PyObject *result = tuple_new(WORDS + 1);
    CriticalSection cs;
    critical_section_begin(&cs, op);
    for (int i = 0; i <= WORDS && result != NULL; i++) {
        PyObject *item = int_from_u64(i < WORDS ? self->state[i] : (uint32_t)self->index);
        if (item == NULL) {
            clear_ref(result);
            break;
        }
        tuple_set_item_steal(result, i, item);
    }
    critical_section_end(&cs);
    return result;
}

static PyObject *
random_setstate(PyObject *op, PyObject *state)
{
    Random *self = (Random *)op;
    uint32_t words[WORDS];
    if (!tuple_check(state)) {
        return error_set(PyExc_TypeError, "state vector must be a tuple");
    }
    if (tuple_size(state) != WORDS + 1) {
        return error_set(PyExc_ValueError, "state vector is the wrong size");
    }
    for (int i = 0; i < WORDS; i++) {
        uint64_t word = int_as_u64(tuple_item_borrow(state, i));
        if (word == (uint64_t)-1 && error_occurred()) {
            return NULL;
        }
        words[i] = (uint32_t)word;
    }
    int64_t index = int_as_i64(tuple_item_borrow(state, WORDS));
    if (index == -1 && error_occurred()) {
        return NULL;
    }
    if (index < 0 || index > WORDS) {
        return error_set(PyExc_ValueError, "invalid state");
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    memcpy(self->state, words, sizeof words);
    self->index = (int)index;
    critical_section_end(&cs);
    return new_ref(Py_None);
}

static int
random_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *seed = NULL;
    if ((object_type(op) == &random_type && !args_no_keywords("Random", kwargs))
        || !args_unpack_tuple(args, "Random", 0, 1, &seed)) {
        return -1;
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    int result = seed_lock_held((Random *)op, seed);
    critical_section_end(&cs);
    return result;
}

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef random_methods[] = {
    {"random", random_random, METH_NOARGS,
     "random($self, /)\n--\n\nrandom() -> x in the interval [0, 1)."},
    {"seed", FAST(random_seed),
     "seed($self, n=None, /)\n--\n\nseed([n]) -> None.\n\nDefaults to use urandom and falls back "
     "to a combination\nof the current time and the process identifier."},
    {"getstate", random_getstate, METH_NOARGS,
     "getstate($self, /)\n--\n\ngetstate() -> tuple containing the current state."},
    {"setstate", random_setstate, METH_O,
     "setstate($self, state, /)\n--\n\nsetstate(state) -> None.  Restores generator state."},
    {"getrandbits", random_getrandbits, METH_O,
     "getrandbits($self, k, /)\n--\n\ngetrandbits(k) -> x.  Generates an int with k random bits."},
    {NULL, NULL, 0, NULL},
};

static void
random_dealloc(PyObject *op)
{
    object_type(op)->tp_free(op);
}

static PyTypeObject random_type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "_random.Random",
    .tp_basicsize = sizeof(Random),
    .tp_dealloc = random_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_doc = "Random() -> create a random number generator with its own internal state.",
    .tp_methods = random_methods,
    .tp_init = random_init,
    .tp_new = type_generic_new,
};

static int
random_exec(PyObject *module)
{
    return module_add_type(module, &random_type);
}

static PyModuleDef_Slot random_slots[] = {
    {Py_mod_exec, random_exec},
    {0, NULL},
};

static PyModuleDef random_definition = {
    .m_name = "_random",
    .m_doc = "Module implements the Mersenne Twister random number generator.",
    .m_slots = random_slots,
};

NATIVE_MODULE(_random, &random_definition)

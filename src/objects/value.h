// Tagged values: what registers, instance slots, dict values, globals and cells hold.
//
// A Value is one machine word. Its two low bits are the tag:
//
//   00  integer of 62 bits            word = i << 2
//   01  owned pointer                 the holder owns one reference
//   10  float                         word = rotl(bits + 2^60, 3); what does not fit is boxed
//   11  borrowed pointer              immortal, deferred, or kept alive by something that
//                                     outlives the use
//
// The word 1 (an owned NULL) is VALUE_UNSET. ±0.0, infinities, NaN and floats beyond about
// 1.7e-77..2.3e77 are pointers. bool and subclasses of int and float are pointers, always.
//
// Boxing is invisible: exact ints and floats compare by value under `is` and id().
// All knowledge of the encoding is in this file, so that it can change. See
// docs/internals/values.md.
//
// Threading: a Value is plain data. Reading one from memory that other threads write is the
// business of the structure that holds it (dict, shape slots, cell).
#ifndef TYPHON_OBJECTS_VALUE_H
#define TYPHON_OBJECTS_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "abi/numbers.h"
#include "abi/object.h"
#include "memory/refcount.h"

typedef uintptr_t Value;

#define VALUE_TAG_MASK ((Value)3)
#define VALUE_TAG_INT ((Value)0)
#define VALUE_TAG_OWNED ((Value)1)
#define VALUE_TAG_FLOAT ((Value)2)
#define VALUE_TAG_BORROWED ((Value)3)
#define VALUE_UNSET ((Value)1)

// Range of integers that a Value holds without a box.
#define VALUE_INT_MAX ((int64_t)0x1fffffffffffffff)
#define VALUE_INT_MIN (-VALUE_INT_MAX - 1)

static inline bool value_is_int(Value v) { return (v & VALUE_TAG_MASK) == VALUE_TAG_INT; }
static inline bool value_is_float(Value v) { return (v & VALUE_TAG_MASK) == VALUE_TAG_FLOAT; }
static inline bool value_is_pointer(Value v) { return (v & 1) != 0; }
static inline bool value_is_unset(Value v) { return v == VALUE_UNSET; }
static inline bool value_is_borrowed(Value v) { return (v & VALUE_TAG_MASK) == VALUE_TAG_BORROWED; }

// Both are ints: one test for a pair.
static inline bool value_both_int(Value a, Value b) { return ((a | b) & VALUE_TAG_MASK) == 0; }

// True when v holds a reference that its holder must give up. VALUE_UNSET does not.
static inline bool
value_is_owned(Value v)
{
    return (v & VALUE_TAG_MASK) == VALUE_TAG_OWNED && v != VALUE_UNSET;
}

static inline bool
value_int_fits(int64_t i)
{
    return i >= VALUE_INT_MIN && i <= VALUE_INT_MAX;
}

// Requires value_int_fits(i).
static inline Value value_from_int(int64_t i) { return (Value)((uint64_t)i << 2); }
static inline int64_t value_int(Value v) { return (int64_t)v >> 2; }

static inline Value
value_float_encode(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    bits += (uint64_t)1 << 60;
    return (Value)(bits << 3 | bits >> 61);
}

// Whether the result of value_float_encode is a float value; otherwise the float needs a box.
static inline bool value_float_fits(Value encoded) { return value_is_float(encoded); }

static inline double
value_float(Value v)
{
    uint64_t bits = ((uint64_t)v >> 3 | (uint64_t)v << 61) - ((uint64_t)1 << 60);
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

// Requires value_is_pointer(v). NULL for VALUE_UNSET.
static inline PyObject *value_pointer(Value v) { return (PyObject *)(v & ~VALUE_TAG_MASK); }

static inline Value value_owned(PyObject *op) { return (Value)op | VALUE_TAG_OWNED; }
static inline Value value_borrowed(PyObject *op) { return (Value)op | VALUE_TAG_BORROWED; }

// The same value without ownership: owned becomes borrowed, everything else stays.
static inline Value value_lend(Value v) { return v | (v & 1) << 1; }

// Gives up the reference that v holds, if any.
static inline void
value_drop(Value v)
{
    if (value_is_owned(v)) {
        decref(value_pointer(v));
    }
}

// An independent copy of v that may outlive what v was borrowed from.
static inline Value
value_dup(Value v)
{
    if (!value_is_pointer(v) || v == VALUE_UNSET) {
        return v;
    }
    PyObject *op = value_pointer(v);
    if (object_is_immortal(op)) {
        return value_borrowed(op);
    }
    incref(op);
    return value_owned(op);
}

// Turns a borrowed value into one that owns; owned ones are passed through.
static inline Value
value_keep(Value v)
{
    return value_is_borrowed(v) ? value_dup(v) : v;
}

// Out-of-line halves (objects/value.c): make a box, or open one.

// New reference to the object that v stands for; never consumes v.
// NULL with MemoryError when a box cannot be made. v must be set.
PyObject *value_box(Value v);

// The same, consuming v, also on failure.
PyObject *value_box_steal(Value v);

// The value of an object: exact ints and floats that fit are opened, everything else becomes
// an owned (or, for immortals, borrowed) pointer. Consumes the reference. op must not be NULL.
Value value_from_object_steal(PyObject *op);

// The same with a reference of its own.
Value value_from_object(PyObject *op);

// A double as a value, boxed when it does not fit. VALUE_UNSET with MemoryError.
Value value_from_double(double d);

// A 64-bit integer as a value, boxed when it does not fit. VALUE_UNSET with MemoryError.
Value value_from_i64(int64_t i);

// The `is` operator: ints and floats by value, everything else by address.
bool value_is_same(Value a, Value b);

#endif

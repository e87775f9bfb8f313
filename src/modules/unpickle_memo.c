// The memo of an unpickler: see unpickler.h.
//
// Threading: belongs to the unpickler's user.
#include <string.h>

#include "memory/alloc.h"
#include "memory/refcount.h"
#include "modules/unpickler.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"

enum { FIRST_SIZE = 32, DENSE = 4096 };

PyObject *
unpickle_memo_get(Unpickler *self, size_t number)
{
    if (number < self->memo_capacity && self->memo[number] != NULL) {
        return self->memo[number];
    }
    PyObject *value = NULL;
    if (self->memo_sparse != NULL) {
        PyObject *key = int_from_size(number);
        if (key == NULL || dict_get(self->memo_sparse, key, &value) < 0) {
            xdecref(key);
            return NULL;
        }
        decref(key);
    }
    if (value == NULL) {
        return error_format(self->state->unpickling_error, "Memo value not found at index %zd",
                            (Py_ssize_t)number);
    }
    decref(value);      // the dict keeps it
    return value;
}

static int
put_sparse(Unpickler *self, size_t number, PyObject *value)
{
    if (self->memo_sparse == NULL && (self->memo_sparse = dict_new()) == NULL) {
        return -1;
    }
    Py_ssize_t before = dict_size(self->memo_sparse);
    PyObject *key = int_from_size(number);
    int status = key != NULL ? dict_set(self->memo_sparse, key, value) : -1;
    xdecref(key);
    self->memo_used += (size_t)(dict_size(self->memo_sparse) - before);
    return status;
}

int
unpickle_memo_put(Unpickler *self, size_t number, PyObject *value)
{
    if (number >= self->memo_capacity) {
        if (number >= DENSE && number / 8 > self->memo_used) {
            return put_sparse(self, number, value);
        }
        size_t capacity = number < FIRST_SIZE ? FIRST_SIZE : number * 2;
        PyObject **grown = mem_realloc_array(self->memo, capacity, sizeof *grown);
        if (grown == NULL) {
            error_no_memory();
            return -1;
        }
        memset(grown + self->memo_capacity, 0,
               (capacity - self->memo_capacity) * sizeof *grown);
        self->memo = grown;
        self->memo_capacity = capacity;
    }
    if (self->memo[number] == NULL) {
        self->memo_used++;
    }
    set_ref(self->memo[number], new_ref(value));
    return 0;
}

void
unpickle_memo_clear(Unpickler *self)
{
    PyObject **memo = self->memo;
    size_t n = self->memo_capacity;
    self->memo = NULL;
    self->memo_capacity = self->memo_used = 0;
    clear_ref(self->memo_sparse);
    for (size_t i = 0; i < n; i++) {
        xdecref(memo[i]);
    }
    mem_free(memo);
}

PyObject *
unpickle_memo_as_dict(Unpickler *self)
{
    PyObject *dict = self->memo_sparse != NULL ? dict_copy(self->memo_sparse) : dict_new();
    for (size_t i = 0; dict != NULL && i < self->memo_capacity; i++) {
        if (self->memo[i] == NULL) {
            continue;
        }
        PyObject *key = int_from_size(i);
        if (key == NULL || dict_set(dict, key, self->memo[i]) < 0) {
            clear_ref(dict);
        }
        xdecref(key);
    }
    return dict;
}

int
unpickle_memo_from_dict(Unpickler *self, PyObject *dict)
{
    Py_ssize_t pos = 0;
    PyObject *key, *value;
    int found;
    while ((found = dict_next(dict, &pos, &key, &value)) > 0) {
        Py_ssize_t number = -1;
        if (!int_check(key)) {
            error_set(PyExc_TypeError, "memo key must be integers");
        }
        else if ((number = int_as_ssize(key)) < 0 && !error_occurred()) {
            error_set(PyExc_ValueError, "memo key must be positive integers.");
        }
        int status = number < 0 ? -1 : unpickle_memo_put(self, (size_t)number, value);
        decref(key);
        decref(value);
        if (status < 0) {
            return -1;
        }
    }
    return found;
}

// Short forms for the types of native modules: lifetimes of structs whose references are plain
// fields, and method tables.
#ifndef TYPHON_MODULES_NATIVE_TYPE_H
#define TYPHON_MODULES_NATIVE_TYPE_H

#include "abi/constants.h"
#include "abi/object.h"
#include "memory/heap.h"
#include "memory/refcount.h"
#include "objects/object.h"
#include "objects/type.h"

// The head of a static type.
#define NATIVE_TYPE_HEAD {{.ob_ref_local = REF_IMMORTAL_LOCAL, .ob_type = &PyType_Type}, 0}

#define FASTCALL(f) ((PyCFunction)(void (*)(void))(f))

#define NATIVE_EACH_1(M, a) M(a)
#define NATIVE_EACH_2(M, a, b) M(a) M(b)
#define NATIVE_EACH_3(M, a, b, c) M(a) M(b) M(c)
#define NATIVE_EACH_4(M, a, b, c, d) M(a) M(b) M(c) M(d)
#define NATIVE_EACH_5(M, a, b, c, d, e) M(a) M(b) M(c) M(d) M(e)
#define NATIVE_EACH_6(M, a, b, c, d, e, f) M(a) M(b) M(c) M(d) M(e) M(f)

#define NATIVE_DROP(field) xdecref(it_->field);
#define NATIVE_VISIT(field)                                         \
    if (it_->field != NULL) {                                       \
        int status_ = visit((PyObject *)it_->field, arg);           \
        if (status_ != 0) {                                         \
            return status_;                                         \
        }                                                           \
    }

// prefix_dealloc and prefix_traverse for a struct with n owned fields.
#define NATIVE_LIFETIME(prefix, Struct, n, ...)                     \
    static void prefix##_dealloc(PyObject *self)                    \
    {                                                               \
        Struct *it_ = (Struct *)self;                               \
        gc_untrack(self);                                           \
        NATIVE_EACH_##n(NATIVE_DROP, __VA_ARGS__)                   \
        type_of(self)->tp_free(self);                               \
    }                                                               \
    static int prefix##_traverse(PyObject *self, visitproc visit, void *arg) \
    {                                                               \
        Struct *it_ = (Struct *)self;                               \
        NATIVE_EACH_##n(NATIVE_VISIT, __VA_ARGS__)                  \
        return 0;                                                   \
    }

#endif

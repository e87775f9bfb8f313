// Capsules: C pointers as Python objects.
//
// Threading: fields are plain words, set by the module that made the capsule before it is shared.
#include "objects/capsule.h"

#include <string.h>

#include "base/hooks.h"
#include "memory/alloc.h"
#include "memory/heap.h"
#include "objects/error.h"
#include "objects/str.h"
#include "objects/type.h"

typedef struct {
    PyObject ob_base;
    void *pointer;              // not NULL
    const char *name;           // not owned
    void *context;
    CapsuleDestructor destructor;
    traverseproc traverse;      // set by PyCapsule_SetTraverse
    inquiry clear;
} CapsuleObject;

_Static_assert(sizeof(CapsuleObject) == 80, "tp_basicsize that wheels may check");

#define CAPSULE(op) ((CapsuleObject *)(op))

static bool
is_usable(PyObject *op)
{
    return op != NULL && type_of(op) == &PyCapsule_Type && CAPSULE(op)->pointer != NULL;
}

// ValueError naming the C API function when op is no capsule.
static bool
check(PyObject *op, const char *function)
{
    if (is_usable(op)) {
        return true;
    }
    error_format(PyExc_ValueError, "%s called with invalid PyCapsule object", function);
    return false;
}

static bool
names_match(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

PyObject *
capsule_new(void *pointer, const char *name, CapsuleDestructor destructor)
{
    if (pointer == NULL) {
        return error_set(PyExc_ValueError, "PyCapsule_New called with null pointer");
    }
    CapsuleObject *capsule = (CapsuleObject *)type_alloc(&PyCapsule_Type, 0);
    if (capsule != NULL) {
        capsule->pointer = pointer;
        capsule->name = name;
        capsule->destructor = destructor;
        // Nothing to traverse until somebody says so.
        gc_untrack(capsule);
    }
    return (PyObject *)capsule;
}

bool
capsule_is_valid(PyObject *op, const char *name)
{
    return is_usable(op) && names_match(CAPSULE(op)->name, name);
}

void *
capsule_get_pointer(PyObject *op, const char *name)
{
    if (!check(op, "PyCapsule_GetPointer")) {
        return NULL;
    }
    if (!names_match(name, CAPSULE(op)->name)) {
        return error_set(PyExc_ValueError, "PyCapsule_GetPointer called with incorrect name");
    }
    return CAPSULE(op)->pointer;
}

const char *
capsule_get_name(PyObject *op)
{
    return check(op, "PyCapsule_GetName") ? CAPSULE(op)->name : NULL;
}

CapsuleDestructor
capsule_get_destructor(PyObject *op)
{
    return check(op, "PyCapsule_GetDestructor") ? CAPSULE(op)->destructor : NULL;
}

void *
capsule_get_context(PyObject *op)
{
    return check(op, "PyCapsule_GetContext") ? CAPSULE(op)->context : NULL;
}

int
capsule_set_pointer(PyObject *op, void *pointer)
{
    if (pointer == NULL) {
        error_set(PyExc_ValueError, "PyCapsule_SetPointer called with null pointer");
        return -1;
    }
    if (!check(op, "PyCapsule_SetPointer")) {
        return -1;
    }
    CAPSULE(op)->pointer = pointer;
    return 0;
}

int
capsule_set_name(PyObject *op, const char *name)
{
    if (!check(op, "PyCapsule_SetName")) {
        return -1;
    }
    CAPSULE(op)->name = name;
    return 0;
}

int
capsule_set_destructor(PyObject *op, CapsuleDestructor destructor)
{
    if (!check(op, "PyCapsule_SetDestructor")) {
        return -1;
    }
    CAPSULE(op)->destructor = destructor;
    return 0;
}

int
capsule_set_context(PyObject *op, void *context)
{
    if (!check(op, "PyCapsule_SetContext")) {
        return -1;
    }
    CAPSULE(op)->context = context;
    return 0;
}

int
capsule_set_traverse(PyObject *op, traverseproc traverse, inquiry clear)
{
    if (!check(op, "_PyCapsule_SetTraverse")) {
        return -1;
    }
    if (traverse == NULL || clear == NULL) {
        error_set(PyExc_ValueError, "_PyCapsule_SetTraverse() called with NULL callback");
        return -1;
    }
    CAPSULE(op)->traverse = traverse;
    CAPSULE(op)->clear = clear;
    gc_track(op);
    return 0;
}

// ---- import ----

// Follows the dotted name: the first part is imported, the others are attributes.
static PyObject *
follow(char *path)
{
    PyObject *object = NULL;
    for (char *part = path; part != NULL;) {
        char *dot = strchr(part, '.');
        if (dot != NULL) {
            *dot = '\0';
        }
        if (object == NULL) {
            object = hooks.import_module(part);
            if (object == NULL) {
                error_format(PyExc_ImportError, "PyCapsule_Import could not import module \"%s\"", part);
            }
        }
        else {
            set_ref(object, object_getattr_cstr(object, part));
        }
        if (object == NULL) {
            return NULL;
        }
        part = dot == NULL ? NULL : dot + 1;
    }
    return object;
}

void *
capsule_import(const char *name)
{
    char *path = mem_strdup(name);
    if (path == NULL) {
        return error_no_memory();
    }
    void *result = NULL;
    PyObject *object = follow(path);
    mem_free(path);
    if (object != NULL) {
        if (capsule_is_valid(object, name)) {
            result = CAPSULE(object)->pointer;
        }
        else {
            error_format(PyExc_AttributeError, "PyCapsule_Import \"%s\" is not valid", name);
        }
        decref(object);
    }
    return result;
}

// ---- the type ----

static void
capsule_dealloc(PyObject *op)
{
    gc_untrack(op);
    if (CAPSULE(op)->destructor != NULL) {
        CAPSULE(op)->destructor(op);
    }
    heap_free(op);
}

static int
capsule_traverse(PyObject *op, visitproc visit, void *arg)
{
    return CAPSULE(op)->traverse == NULL ? 0 : CAPSULE(op)->traverse(op, visit, arg);
}

static int
capsule_clear(PyObject *op)
{
    return CAPSULE(op)->clear == NULL ? 0 : CAPSULE(op)->clear(op);
}

static PyObject *
capsule_repr(PyObject *op)
{
    const char *name = CAPSULE(op)->name;
    const char *quote = name == NULL ? "" : "\"";
    return str_format("<capsule object %s%s%s at %p>", quote, name == NULL ? "NULL" : name, quote,
                      (void *)op);
}

PyTypeObject PyCapsule_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "PyCapsule",
    .tp_basicsize = sizeof(CapsuleObject),
    .tp_dealloc = capsule_dealloc,
    .tp_repr = capsule_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Capsule objects let you wrap a C \"void *\" pointer in a Python\n"
              "object.  They're a way of passing data through the Python interpreter\n"
              "without creating your own custom type.\n\n"
              "Capsules are used for communication between extension modules.\n"
              "They provide a way for an extension module to export a C interface\n"
              "to other extension modules, so that extension modules can use the\n"
              "Python import mechanism to link to one another.",
    .tp_traverse = capsule_traverse,
    .tp_clear = capsule_clear,
};

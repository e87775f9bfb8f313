// Roots of an interpreter: allocation, visiting, release.
//
// Threading: see interpreter.h.
#include "objects/interpreter.h"

#include "memory/alloc.h"
#include "memory/refcount.h"

int
interpreter_roots_init(Interpreter *interp)
{
    interp->roots = mem_calloc(1, sizeof *interp->roots);
    return interp->roots == NULL ? -1 : 0;
}

int
interpreter_visit_roots(Interpreter *interp, visitproc visit, void *arg)
{
    InterpreterRoots *roots = interp->roots;
#define VISIT(name)                                 \
    if (roots->name != NULL) {                      \
        int stop = visit(roots->name, arg);         \
        if (stop != 0) {                            \
            return stop;                            \
        }                                           \
    }
    INTERPRETER_OBJECTS(VISIT)
#undef VISIT
    return 0;
}

// Destructors may still want to print and to look up builtins, and types their subclasses.
static bool
goes_last(InterpreterRoots *roots, PyObject **field)
{
    return field == &roots->sys_dict || field == &roots->sys_module || field == &roots->builtins ||
           field == &roots->builtins_module || field == &roots->static_subclasses;
}

static void
clear_fields(InterpreterRoots *roots, bool last)
{
#define CLEAR(name)                                             if (goes_last(roots, &roots->name) == last) {                   clear_ref(roots->name);                                 }
    INTERPRETER_OBJECTS(CLEAR)
#undef CLEAR
}

void
interpreter_clear_roots(Interpreter *interp)
{
    clear_fields(interp->roots, false);
    clear_fields(interp->roots, true);
}

void
interpreter_roots_free(Interpreter *interp)
{
    mem_free(interp->roots);
    interp->roots = NULL;
}

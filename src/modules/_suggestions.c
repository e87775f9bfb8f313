// Native module _suggestions: the nearest of several names, for the traceback module.
#include "modules/module.h"

#include "abi/constants.h"
#include "objects/args.h"
#include "objects/error.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/suggestions.h"
#include "objects/tuple.h"

static PyObject *
generate_suggestions(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!args_check_positional("_generate_suggestions", nargs, 2, 2)) {
        return NULL;
    }
    if (!str_check(args[1])) {
        args_bad_argument("_generate_suggestions", "argument 2", "str", args[1]);
        return NULL;
    }
    if (!list_check_exact(args[0])) {
        return error_set(PyExc_TypeError, "candidates must be a list");
    }
    // A copy: others may change the list meanwhile.
    PyObject *names = list_as_tuple(args[0]);
    if (names == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    for (Py_ssize_t i = 0; i < tuple_size(names); i++) {
        if (!str_check(tuple_item_borrow(names, i))) {
            error_set(PyExc_TypeError, "all elements in 'candidates' must be strings");
            goto done;
        }
    }
    result = suggestion_find(names, args[1]);
    if (result == NULL && !error_occurred()) {
        result = Py_None;
    }
done:
    decref(names);
    return result;
}

static PyMethodDef suggestions_methods[] = {
    {"_generate_suggestions", (PyCFunction)(void (*)(void))generate_suggestions, METH_FASTCALL,
     "_generate_suggestions($module, candidates, item, /)\n--\n\n"
     "Returns the candidate in candidates that's closest to item"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot suggestions_slots[] = {{0, NULL}};

static PyModuleDef suggestions_module = {
    .m_name = "_suggestions",
    .m_methods = suggestions_methods,
    .m_slots = suggestions_slots,
};

NATIVE_MODULE(_suggestions, &suggestions_module)

// The type traceback (traceback.h).
#include "objects/traceback.h"

#include "abi/constants.h"
#include "memory/heap.h"
#include "objects/args.h"
#include "objects/attributes.h"
#include "objects/code.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/type.h"
#include "thread/critical_section.h"

static PyTracebackObject *as_traceback(PyObject *op) { return (PyTracebackObject *)op; }

PyObject *
traceback_new(PyObject *next, PyFrameObject *frame, int lasti, int line)
{
    PyTracebackObject *tb =
        (PyTracebackObject *)heap_new_object(&PyTraceBack_Type, sizeof(PyTracebackObject));
    if (tb == NULL) {
        return NULL;
    }
    tb->tb_next = (PyTracebackObject *)xnew_ref(next);
    tb->tb_frame = new_ref(frame);
    tb->tb_lasti = lasti;
    tb->tb_lineno = line;
    gc_track(tb);
    return (PyObject *)tb;
}

int
traceback_add_frame(PyObject *exc, PyFrameObject *frame, int lasti)
{
    PyObject *next = exception_get_traceback(exc);
    PyObject *tb = traceback_new(next, frame, lasti, -1);
    xdecref(next);
    if (tb == NULL) {
        return -1;
    }
    int result = exception_set_traceback(exc, tb);
    decref(tb);
    return result;
}

void
traceback_add(const char *funcname, const char *filename, int line)
{
    PyObject *exc = error_take();
    if (exc == NULL) {
        return;
    }
    PyObject *globals = dict_new();
    PyCodeObject *code = code_new_empty(filename, funcname, line);
    PyFrameObject *frame = globals == NULL || code == NULL
                               ? NULL : frame_new_detached(code, globals, NULL);
    PyObject *next = exception_get_traceback(exc);
    PyObject *tb = frame == NULL ? NULL : traceback_new(next, frame, 0, line);
    if (tb != NULL) {
        exception_set_traceback(exc, tb);
    }
    xdecref(tb);
    xdecref(next);
    xdecref(frame);
    xdecref(code);
    xdecref(globals);
    error_restore_steal(exc);
}

int
traceback_lineno(PyObject *op)
{
    PyTracebackObject *tb = as_traceback(op);
    if (tb->tb_lineno == -1) {
        return code_line(tb->tb_frame->f_code, tb->tb_lasti / 8);
    }
    return tb->tb_lineno;
}

// ---- the type ----

static PyObject *
traceback_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const keywords[] = {"tb_next", "tb_frame", "tb_lasti", "tb_lineno", NULL};
    PyObject *next, *frame;
    int lasti, line;
    if (!args_parse_static(args, kwargs, "OO!ii:traceback", keywords, &next, &PyFrame_Type, &frame,
                           &lasti, &line)) {
        return NULL;
    }
    if (next == Py_None) {
        next = NULL;
    }
    else if (!traceback_check(next)) {
        return error_format(PyExc_TypeError, "expected traceback object or None, got '%s'",
                            type_of(next)->tp_name);
    }
    return traceback_new(next, (PyFrameObject *)frame, lasti, line);
}

static PyObject *
get_next(PyObject *op, void *context)
{
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyObject *next = (PyObject *)as_traceback(op)->tb_next;
    next = new_ref(next == NULL ? Py_None : next);
    critical_section_end(&cs);
    return next;
}

static int
set_next(PyObject *op, PyObject *value, void *context)
{
    if (value == NULL) {
        error_set(PyExc_TypeError, "can't delete tb_next attribute");
        return -1;
    }
    if (value == Py_None) {
        value = NULL;
    }
    else if (!traceback_check(value)) {
        error_format(PyExc_TypeError, "expected traceback object, got '%s'",
                     type_of(value)->tp_name);
        return -1;
    }
    for (PyTracebackObject *at = as_traceback(value == NULL ? Py_None : value);
         value != NULL && at != NULL; at = at->tb_next) {
        if ((PyObject *)at == op) {
            error_set(PyExc_ValueError, "traceback loop detected");
            return -1;
        }
    }
    CriticalSection cs;
    critical_section_begin(&cs, op);
    PyTracebackObject *old = as_traceback(op)->tb_next;
    as_traceback(op)->tb_next = (PyTracebackObject *)xnew_ref(value);
    critical_section_end(&cs);
    xdecref(old);
    return 0;
}

static PyObject *
get_lineno(PyObject *op, void *context)
{
    int line = traceback_lineno(op);
    return line < 0 ? new_ref(Py_None) : int_from_i64(line);
}

static PyObject *
traceback_dir(PyObject *op, PyObject *unused)
{
    PyObject *list = list_new(0);
    const char *names[] = {"tb_frame", "tb_next", "tb_lasti", "tb_lineno"};
    for (int i = 0; i < 4 && list != NULL; i++) {
        PyObject *name = str_intern_cstr(names[i]);
        if (name == NULL || list_append_steal(list, name) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

static PyMethodDef traceback_methods[] = {
    {"__dir__", traceback_dir, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef traceback_members[] = {
    {"tb_frame", _Py_T_OBJECT, offsetof(PyTracebackObject, tb_frame), Py_READONLY, NULL},
    {"tb_lasti", Py_T_INT, offsetof(PyTracebackObject, tb_lasti), Py_READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef traceback_getset[] = {
    {"tb_next", get_next, set_next, NULL, NULL},
    {"tb_lineno", get_lineno, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void
traceback_dealloc(PyObject *op)
{
    gc_untrack(op);
    clear_ref(as_traceback(op)->tb_next);
    clear_ref(as_traceback(op)->tb_frame);
    heap_free(op);
}

static int
traceback_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyTracebackObject *tb = as_traceback(op);
    int result = tb->tb_next == NULL ? 0 : visit((PyObject *)tb->tb_next, arg);
    return result != 0 || tb->tb_frame == NULL ? result : visit((PyObject *)tb->tb_frame, arg);
}

static int
traceback_clear(PyObject *op)
{
    clear_ref(as_traceback(op)->tb_next);
    return 0;
}

PyTypeObject PyTraceBack_Type = {
    .ob_base = STATIC_TYPE_HEAD,
    .tp_name = "traceback",
    .tp_basicsize = sizeof(PyTracebackObject),
    .tp_dealloc = traceback_dealloc,
    .tp_getattro = object_generic_getattr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "traceback(tb_next, tb_frame, tb_lasti, tb_lineno)\n--\n\nCreate a new traceback object.",
    .tp_traverse = traceback_traverse,
    .tp_clear = traceback_clear,
    .tp_methods = traceback_methods,
    .tp_members = traceback_members,
    .tp_getset = traceback_getset,
    .tp_new = traceback_tp_new,
    .tp_free = heap_free,
};

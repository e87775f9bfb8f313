// Cleaning of docstrings: tabs become blanks, the first line loses leading blanks, the others lose
// the indentation that all lines with text have in common.
//
// Threading: pure functions over immutable objects.
#include "compile/docstring.h"

#include "memory/refcount.h"
#include "objects/str.h"

enum { TAB_SIZE = 8 };

typedef struct {
    int kind;
    const void *data;
    Py_ssize_t length;
} Text;

static Py_UCS4
text_at(const Text *t, Py_ssize_t i)
{
    return str_read(t->kind, t->data, i);
}

static Py_ssize_t
line_end(const Text *t, Py_ssize_t i)
{
    while (i < t->length && text_at(t, i) != '\n') {
        i++;
    }
    return i;
}

static Py_ssize_t
skip_blanks(const Text *t, Py_ssize_t i, Py_ssize_t end)
{
    while (i < end && text_at(t, i) == ' ') {
        i++;
    }
    return i;
}

// Common indentation of the lines behind the first that have text; 0 when there are none.
static Py_ssize_t
common_margin(const Text *t)
{
    Py_ssize_t margin = -1;
    for (Py_ssize_t i = line_end(t, 0) + 1; i <= t->length;) {
        Py_ssize_t end = line_end(t, i);
        Py_ssize_t indent = skip_blanks(t, i, end) - i;
        if (i + indent < end && (margin < 0 || indent < margin)) {
            margin = indent;
        }
        i = end + 1;
    }
    return margin < 0 ? 0 : margin;
}

// Writes the cleaned text to `to`, or only measures when it is NULL.
static Py_ssize_t
copy_clean(const Text *t, PyObject *from, PyObject *to, Py_ssize_t margin)
{
    Py_ssize_t written = 0;
    for (Py_ssize_t i = 0; i <= t->length;) {
        Py_ssize_t end = line_end(t, i);
        Py_ssize_t start = skip_blanks(t, i, end);
        if (i > 0 && start - i > margin) {
            start = i + margin;
        }
        Py_ssize_t stop = end < t->length ? end + 1 : end;
        if (to != NULL && stop > start) {
            str_copy_characters(to, written, from, start, stop - start);
        }
        written += stop - start;
        i = end + 1;
    }
    return written;
}

PyObject *
docstring_clean(PyObject *doc)
{
    PyObject *expanded = NULL;
    if (str_find_char(doc, '\t', 0, str_length(doc), 1) >= 0) {
        expanded = str_expandtabs(doc, TAB_SIZE);
    }
    else {
        expanded = new_ref(doc);
    }
    if (expanded == NULL) {
        return NULL;
    }
    Text text = {str_kind(expanded), str_data(expanded), str_length(expanded)};
    Py_ssize_t margin = common_margin(&text);
    Py_ssize_t length = copy_clean(&text, expanded, NULL, margin);
    if (length == text.length) {
        return expanded;
    }
    // Only blanks go, so the largest character stays the same unless nothing is left.
    PyObject *result = str_new(length, length == 0 ? 0x7f : str_max_char(expanded));
    if (result != NULL && length > 0) {
        copy_clean(&text, expanded, result, margin);
    }
    decref(expanded);
    return result;
}

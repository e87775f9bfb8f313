// Nearest names by weighted edit distance: see suggestions.h.
//
// A substitution, insertion or deletion costs 2, a change of case 1. A suggestion must be
// reachable by changing at most about a third of both names together. Limits on lengths and counts
// keep the cost of an error message small.
#include "objects/suggestions.h"

#include <string.h>

#include "objects/error.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/sequence.h"
#include "objects/str.h"
#include "objects/tuple.h"

#define COST_MOVE 2
#define COST_CASE 1
#define MAX_LENGTH 40
#define MAX_NAMES 750

static Py_UCS4
fold_ascii(Py_UCS4 c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static Py_ssize_t
substitution_cost(Py_UCS4 a, Py_UCS4 b)
{
    if (a == b) {
        return 0;
    }
    return fold_ascii(a) == fold_ascii(b) ? COST_CASE : COST_MOVE;
}

// Distance of two names of bytes (UTF-8), or something above limit.
static Py_ssize_t
edit_distance(const char *a, Py_ssize_t na, const char *b, Py_ssize_t nb, Py_ssize_t limit)
{
    while (na > 0 && nb > 0 && a[0] == b[0]) {
        a++, na--, b++, nb--;
    }
    while (na > 0 && nb > 0 && a[na - 1] == b[nb - 1]) {
        na--, nb--;
    }
    if (na == 0 || nb == 0) {
        return (na + nb) * COST_MOVE;
    }
    if (na > MAX_LENGTH || nb > MAX_LENGTH) {
        return limit + 1;
    }
    if ((na > nb ? na - nb : nb - na) * COST_MOVE > limit) {
        return limit + 1;
    }
    Py_ssize_t row[MAX_LENGTH + 1];
    for (Py_ssize_t i = 0; i <= na; i++) {
        row[i] = i * COST_MOVE;
    }
    for (Py_ssize_t j = 1; j <= nb; j++) {
        Py_ssize_t diagonal = row[0];
        row[0] = j * COST_MOVE;
        Py_ssize_t best = row[0];
        for (Py_ssize_t i = 1; i <= na; i++) {
            Py_ssize_t cost = diagonal + substitution_cost((unsigned char)a[i - 1],
                                                           (unsigned char)b[j - 1]);
            Py_ssize_t gap = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + COST_MOVE;
            diagonal = row[i];
            row[i] = cost < gap ? cost : gap;
            best = row[i] < best ? row[i] : best;
        }
        if (best > limit) {
            return limit + 1;
        }
    }
    return row[na];
}

PyObject *
suggestion_find(PyObject *names, PyObject *name)
{
    Py_ssize_t n = sequence_fast_size(names);
    if (n > MAX_NAMES) {
        return NULL;
    }
    Py_ssize_t name_size;
    const char *name_text = str_as_utf8_size(name, &name_size);
    if (name_text == NULL) {
        error_clear();
        return NULL;
    }
    PyObject *best = NULL;
    Py_ssize_t best_distance = PY_SSIZE_T_MAX;
    PyObject **items = sequence_fast_items_borrow(names);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = items[i];
        if (!str_check(item) || str_equal(item, name)) {
            continue;
        }
        Py_ssize_t size;
        const char *text = str_as_utf8_size(item, &size);
        if (text == NULL) {
            error_clear();
            continue;
        }
        Py_ssize_t limit = (name_size + size + 3) * COST_MOVE / 6;
        if (limit > best_distance - 1) {
            limit = best_distance - 1;
        }
        Py_ssize_t distance = edit_distance(name_text, name_size, text, size, limit);
        if (distance <= limit) {
            best = item;
            best_distance = distance;
        }
    }
    return xnew_ref(best);
}

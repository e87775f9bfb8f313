// Slow paths of critical sections; see critical_section.h.
//
// Invariant: the sections of a thread form a list from the innermost outwards. A section marked
// inactive (in the tag bits of the word that points to it) holds none of its locks; then
// everything further out is inactive too.
#include "thread/critical_section.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "thread/runtime.h"

static CriticalSection *
section_of(uintptr_t word)
{
    return (CriticalSection *)(word & ~CRITICAL_SECTION_MASK);
}

// Whether the section that the word points to is active and holds m.
static bool
section_holds(uintptr_t word, PyMutex *m)
{
    if (word == 0 || (word & CRITICAL_SECTION_INACTIVE) != 0) {
        return false;
    }
    CriticalSection *cs = section_of(word);
    return cs->_cs_mutex == m ||
           ((word & CRITICAL_SECTION_TWO) != 0 && ((CriticalSection2 *)cs)->_cs_mutex2 == m);
}

void
critical_section_begin_slow(CriticalSection *cs, PyMutex *m)
{
    Thread *ts = thread_current();
    if (section_holds(ts->critical_section, m)) {
        cs->_cs_mutex = NULL;
        return;
    }
    // On the list before it has the lock: should the thread detach while it waits, what attaching
    // resumes is this section, which needs nothing, and not the ones outside of it, which would
    // have to be waited for with m held.
    cs->_cs_mutex = NULL;
    critical_section_push(ts, cs, 0);
    mutex_lock_slow(m);
    cs->_cs_mutex = m;
}

void
critical_section2_begin_slow(CriticalSection2 *cs, PyMutex *m1, PyMutex *m2, bool first_locked)
{
    Thread *ts = thread_current();
    bool holds1 = !first_locked && section_holds(ts->critical_section, m1);
    bool holds2 = section_holds(ts->critical_section, m2);
    if (holds1 && holds2) {
        cs->_cs_base._cs_mutex = NULL;
        cs->_cs_mutex2 = NULL;
        return;
    }
    if (first_locked && holds2) {
        mutex_unlock(m1);
        first_locked = false;
    }
    if (holds1 || holds2) {
        // One of the two is ours: suspend everything outside, so that the two can be taken in
        // the order of their addresses.
        critical_section_suspend_all(ts);
    }
    // On the list without locks first, as above.
    cs->_cs_base._cs_mutex = NULL;
    cs->_cs_mutex2 = NULL;
    critical_section_push(ts, &cs->_cs_base, CRITICAL_SECTION_TWO);
    // Never waits while it holds one of them: that could hold it across a stop of the world.
    for (;;) {
        if (first_locked) {
            mutex_unlock(m1);
            mutex_lock(m2);
            first_locked = false;
            if (mutex_try_lock(m1)) {
                break;
            }
            mutex_unlock(m2);
        }
        mutex_lock(m1);
        if (mutex_try_lock(m2)) {
            break;
        }
        first_locked = true;
    }
    cs->_cs_base._cs_mutex = m1;
    cs->_cs_mutex2 = m2;
}

static void
section_unlock(uintptr_t word)
{
    CriticalSection *cs = section_of(word);
    if ((word & CRITICAL_SECTION_TWO) != 0 && ((CriticalSection2 *)cs)->_cs_mutex2 != NULL) {
        mutex_unlock(((CriticalSection2 *)cs)->_cs_mutex2);
    }
    if (cs->_cs_mutex != NULL) {
        mutex_unlock(cs->_cs_mutex);
    }
}

void
critical_section_suspend_all(Thread *ts)
{
    uintptr_t *word = &ts->critical_section;
    while (*word != 0 && (*word & CRITICAL_SECTION_INACTIVE) == 0) {
        section_unlock(*word);
        *word |= CRITICAL_SECTION_INACTIVE;
        word = &section_of(*word)->_cs_prev;
    }
}

void
critical_section_resume(Thread *ts)
{
    uintptr_t word = ts->critical_section;
    assert((word & CRITICAL_SECTION_INACTIVE) != 0);
    CriticalSection *cs = section_of(word);
    PyMutex *m1 = cs->_cs_mutex;
    PyMutex *m2 = (word & CRITICAL_SECTION_TWO) != 0 ? ((CriticalSection2 *)cs)->_cs_mutex2 : NULL;
    // While this waits the thread may detach and attach, which tries to resume what is innermost:
    // nothing must be, until the locks are held.
    ts->critical_section = 0;
    if (m1 != NULL) {
        mutex_lock(m1);
    }
    while (m2 != NULL && !mutex_try_lock(m2)) {
        mutex_unlock(m1);
        mutex_lock(m2);
        if (mutex_try_lock(m1)) {
            break;
        }
        mutex_unlock(m2);
        mutex_lock(m1);
    }
    ts->critical_section = word & ~CRITICAL_SECTION_INACTIVE;
}

bool
critical_section_is_held(PyObject *op)
{
    Thread *ts = thread_current();
    if (ts == NULL || runtime_is_single_threaded()) {
        return true;
    }
    return section_holds(ts->critical_section, &op->ob_mutex) ||
           world_is_stopped(thread_interpreter(ts)) ||
           (atomic_load_relaxed_uptr(&op->ob_tid) == (uintptr_t)__builtin_thread_pointer() &&
            atomic_load_relaxed_u32(&op->ob_ref_local) <= 1 &&
            atomic_load_relaxed_ssize(&op->ob_ref_shared) == 0);
}

#ifndef NDEBUG
void
critical_section_assert_held(PyObject *op)
{
    if (!critical_section_is_held(op)) {
        fprintf(stderr, "Fatal error: the critical section of a '%s' object is not held\n",
                op->ob_type != NULL ? op->ob_type->tp_name : "?");
        abort();
    }
}
#endif

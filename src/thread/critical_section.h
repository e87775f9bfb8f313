// Critical sections: the lock of an object (ob_mutex), or of two, for a piece of code.
//
// Sections nest per thread. Entering one whose lock is held by somebody else detaches the
// thread, which releases the locks of all its sections: they are *suspended*, and the innermost
// is taken again when the thread attaches, the others when they become innermost. So there are
// no deadlocks, and state read before any call that may block or run Python code must be read
// again afterwards.
//
// Entering a section for the object that the innermost section already holds does nothing.
//
// The structs live on the C stack between begin and end; their layout is that of the ABI.
// Threading: a section belongs to the thread that began it.
#ifndef TYPHON_THREAD_CRITICAL_SECTION_H
#define TYPHON_THREAD_CRITICAL_SECTION_H

#include <stdbool.h>

#include "abi/misc.h"
#include "abi/object.h"
#include "thread/mutex.h"
#include "thread/thread.h"

typedef PyCriticalSection CriticalSection;
typedef PyCriticalSection2 CriticalSection2;

// Bits of _cs_prev and Thread.critical_section beside the address of the enclosing section.
#define CRITICAL_SECTION_INACTIVE ((uintptr_t)1)  // suspended: its locks are not held
#define CRITICAL_SECTION_TWO ((uintptr_t)2)       // the section is a CriticalSection2
#define CRITICAL_SECTION_MASK ((uintptr_t)3)

// Out-of-line halves.
void critical_section_begin_slow(CriticalSection *cs, PyMutex *m);
void critical_section2_begin_slow(CriticalSection2 *cs, PyMutex *m1, PyMutex *m2,
                                  bool first_locked);
void critical_section_resume(Thread *ts);       // takes the innermost section's locks again
void critical_section_suspend_all(Thread *ts);  // thread_detach only

static inline void
critical_section_push(Thread *ts, CriticalSection *cs, uintptr_t tag)
{
    cs->_cs_prev = ts->critical_section;
    ts->critical_section = (uintptr_t)cs | tag;
}

static inline void
critical_section_pop(CriticalSection *cs)
{
    Thread *ts = thread_current();
    ts->critical_section = cs->_cs_prev;
    if ((cs->_cs_prev & CRITICAL_SECTION_INACTIVE) != 0) {
        critical_section_resume(ts);
    }
}

static inline void
critical_section_begin_mutex(CriticalSection *cs, PyMutex *m)
{
    if (mutex_try_lock(m)) {
        cs->_cs_mutex = m;
        critical_section_push(thread_current(), cs, 0);
    }
    else {
        critical_section_begin_slow(cs, m);
    }
}

static inline void
critical_section_end(CriticalSection *cs)
{
    if (cs->_cs_mutex == NULL) {
        return;     // the enclosing section holds the lock
    }
    mutex_unlock(cs->_cs_mutex);
    critical_section_pop(cs);
}

static inline void
critical_section2_begin_mutex(CriticalSection2 *cs, PyMutex *m1, PyMutex *m2)
{
    if (m1 == m2) {
        cs->_cs_mutex2 = NULL;
        critical_section_begin_mutex(&cs->_cs_base, m1);
        return;
    }
    if ((uintptr_t)m2 < (uintptr_t)m1) {
        PyMutex *lower = m2;
        m2 = m1;
        m1 = lower;
    }
    if (!mutex_try_lock(m1)) {
        critical_section2_begin_slow(cs, m1, m2, false);
    }
    else if (!mutex_try_lock(m2)) {
        critical_section2_begin_slow(cs, m1, m2, true);
    }
    else {
        cs->_cs_base._cs_mutex = m1;
        cs->_cs_mutex2 = m2;
        critical_section_push(thread_current(), &cs->_cs_base, CRITICAL_SECTION_TWO);
    }
}

static inline void
critical_section2_end(CriticalSection2 *cs)
{
    if (cs->_cs_base._cs_mutex == NULL) {
        return;     // the enclosing section holds the locks
    }
    if (cs->_cs_mutex2 != NULL) {
        mutex_unlock(cs->_cs_mutex2);
    }
    mutex_unlock(cs->_cs_base._cs_mutex);
    critical_section_pop(&cs->_cs_base);
}

// The forms for objects; op may point to any object struct.
#define critical_section_begin(cs, op) \
    critical_section_begin_mutex((cs), &((PyObject *)(op))->ob_mutex)
#define critical_section2_begin(cs, a, b)                                \
    critical_section2_begin_mutex((cs), &((PyObject *)(a))->ob_mutex,    \
                                  &((PyObject *)(b))->ob_mutex)

// For assertions of functions named _lock_held: whether op's lock is held by the innermost
// section of this thread, or the world is stopped, or nobody else can see op.
bool critical_section_is_held(PyObject *op);

#ifndef NDEBUG
void critical_section_assert_held(PyObject *op);
#define CRITICAL_SECTION_ASSERT_HELD(op) critical_section_assert_held((PyObject *)(op))
#else
#define CRITICAL_SECTION_ASSERT_HELD(op) ((void)0)
#endif

#endif

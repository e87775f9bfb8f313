// The common part of BufferedReader, BufferedWriter and BufferedRandom.
//
// One buffer serves reading and writing, never both at once: before it changes from one to the
// other, read-ahead is given back by a relative seek, and written bytes are flushed.
//
//   buffer[0 .. read_end)       bytes read ahead; buffer[pos] is the next for the program
//   buffer[write_start .. pos)  bytes not yet written     (write mode: write_start >= 0)
//   abs_pos                     position of the raw stream, -1 when unknown
//
// Threading: every public operation holds `lock` from start to end; the lock is a recursion error
// for the thread that holds it ("reentrant call"). Raw streams are called with it held.
#ifndef TYPHON_MODULES_IO_BUFFERED_H
#define TYPHON_MODULES_IO_BUFFERED_H

#include <stdbool.h>
#include <sys/types.h>

#include "abi/object.h"
#include "thread/mutex.h"

typedef struct {
    PyObject ob_base;
    PyObject *raw;              // lock: lock; NULL after detach() or before __init__
    bool ok;                    // initialised
    bool detached;
    bool readable;
    bool writable;
    bool finalizing;
    bool fast_closed_check;     // raw is exactly FileIO: its fd tells whether it is closed
    PyMutex lock;
    unsigned long owner;        // atomic: ident of the thread that holds lock, 0 when free
    char *buffer;               // lock: lock
    Py_ssize_t buffer_size;     // immutable after __init__
    off_t abs_pos;              // lock: lock
    Py_ssize_t pos;             // lock: lock
    Py_ssize_t read_end;        // lock: lock; 0 when nothing is read ahead
    Py_ssize_t write_start;     // lock: lock; -1 when nothing is to be written
    PyObject *dict;
    PyObject *weakrefs;
} Buffered;

// io_buffered.c
bool buffered_check_init(Buffered *self);
bool buffered_enter(Buffered *self);
// Enters an initialised, open stream; otherwise ValueError, with the message when it is closed.
bool buffered_enter_open(Buffered *self, const char *message);
void buffered_leave(Buffered *self);
bool buffered_check_open(Buffered *self, const char *message);
off_t buffered_raw_tell(Buffered *self);
off_t buffered_raw_seek(Buffered *self, off_t target, int whence);

static inline Py_ssize_t
buffered_read_ahead(Buffered *self)
{
    return self->read_end > self->pos ? self->read_end - self->pos : 0;
}

// io_buffered_read.c; the lock is held
Py_ssize_t buffered_fill(Buffered *self);
Py_ssize_t buffered_raw_read(Buffered *self, char *data, Py_ssize_t size);
PyObject *buffered_read_line(Buffered *self, Py_ssize_t limit);
PyObject *buffered_method_read(PyObject *op, PyObject *const *args, Py_ssize_t nargs);
PyObject *buffered_method_read1(PyObject *op, PyObject *const *args, Py_ssize_t nargs);
PyObject *buffered_method_readinto(PyObject *op, PyObject *buffer);
PyObject *buffered_method_readinto1(PyObject *op, PyObject *buffer);
PyObject *buffered_method_readline(PyObject *op, PyObject *const *args, Py_ssize_t nargs);
PyObject *buffered_method_peek(PyObject *op, PyObject *const *args, Py_ssize_t nargs);

// io_buffered_write.c; the lock is held
int buffered_flush_writes(Buffered *self);      // all of it, or -1
int buffered_flush_and_rewind(Buffered *self);  // also gives read-ahead back
PyObject *buffered_write_method(PyObject *op, PyObject *data);

#endif

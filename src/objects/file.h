// Files as Python code sees them: objects with write(), readline() and fileno().
//
// Threading: the methods of the file decide.
#ifndef TYPHON_OBJECTS_FILE_H
#define TYPHON_OBJECTS_FILE_H

#include <stdbool.h>

#include "abi/object.h"

// file.write(str(op)), or repr when raw is false. 0 or -1.
int file_write_object(PyObject *op, PyObject *file, bool raw);
int file_write_str(PyObject *text, PyObject *file);
int file_write_cstr(const char *text, PyObject *file);

// file.flush(): 0 or -1.
int file_flush(PyObject *file);

// file.readline(), or with n > 0 at most that many characters. n < 0: without the newline at the
// end, and EOFError "EOF when reading a line" for an empty result. A str or bytes.
PyObject *file_get_line(PyObject *file, int n);

// An int as it is, or what fileno() gives. -1 with TypeError "argument must be an int, or have a
// fileno() method." or ValueError for negative ones.
int file_as_fd(PyObject *op);

#endif

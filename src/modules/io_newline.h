// IncrementalNewlineDecoder: translates "\r\n" and "\r" to "\n" and remembers what it saw.
#ifndef TYPHON_MODULES_IO_NEWLINE_H
#define TYPHON_MODULES_IO_NEWLINE_H

#include <stdbool.h>

#include "abi/object.h"

// Decodes through the decoder inside it (which may be None: input is str). New str or NULL.
PyObject *newline_decoder_decode(PyObject *op, PyObject *input, bool final);

// New decoder around another one; translate false only records line ends.
PyObject *newline_decoder_new(PyObject *decoder, bool translate);

#endif

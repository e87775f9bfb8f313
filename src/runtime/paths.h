// Where the program, its library and its packages are: sys.executable, sys.prefix, sys.path.
//
// The prefix is the folder whose lib/python3.14t holds the standard library, found beside the
// executable (after following links): PREFIX/bin/typhon. PYTHONHOME overrides it. A pyvenv.cfg
// beside or above the executable makes its folder sys.prefix, with the library of `home`
// (PEP 405).
#ifndef TYPHON_RUNTIME_PATHS_H
#define TYPHON_RUNTIME_PATHS_H

#include "abi/object.h"
#include "runtime/config.h"

#define PATHS_LIBRARY "python3.14t"
#define PATHS_ZIP "python314t.zip"

// Sets executable, _base_executable, prefix, exec_prefix, base_*, _home, _stdlib_dir and path in
// the dict of sys. 0 or -1.
int paths_configure(PyObject *sys_dict, const Config *config);

#endif

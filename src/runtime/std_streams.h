// sys.stdin, sys.stdout, sys.stderr at start-up.
#ifndef TYPHON_RUNTIME_STD_STREAMS_H
#define TYPHON_RUNTIME_STD_STREAMS_H

#include "runtime/config.h"

// Opens the three streams through the io module: UTF-8 (or PYTHONIOENCODING), stdout and stdin
// with surrogateescape in the C locale, stderr with backslashreplace, line buffered on terminals,
// unbuffered with -u. A closed descriptor gives None. Also sets builtins.open. 0 or -1.
int std_streams_start(const Config *config);

// Until then sys.stderr is a plain writer: importlib talks with -v. 0 or -1.
int std_streams_start_early(void);

#endif

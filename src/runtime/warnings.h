// Warnings: the C half of the `warnings` module, which also works before that is imported.
#ifndef TYPHON_RUNTIME_WARNINGS_H
#define TYPHON_RUNTIME_WARNINGS_H

// Makes the default filters and registries of the interpreter and installs the hooks that
// error_warn & co. call. After exceptions; 0 or -1.
int warnings_init(void);

#endif

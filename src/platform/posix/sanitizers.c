// Defaults of the sanitizers; the variables ASAN_OPTIONS and UBSAN_OPTIONS come on top. No state.
//
// Asking for too much memory is an ordinary error of ours, so the allocator says no instead of
// ending the process; reports of undefined behaviour tell how it came there.
#include "base/sanitizers.h"

#ifdef WITH_ADDRESS_SANITIZER

// The runtime of the sanitizers calls these before main.
__attribute__((visibility("default"))) const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__ubsan_default_options(void);

const char *
__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *
__ubsan_default_options(void)
{
    return "print_stacktrace=1";
}

#endif

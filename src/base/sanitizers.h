// What the sanitizers of the compiler are told: nothing in other builds.
//
// AddressSanitizer learns which bytes of our own mappings may be touched; LeakSanitizer, which of
// them hold pointers. Without the latter every buffer that only objects point to looks lost.
#ifndef TYPHON_BASE_SANITIZERS_H
#define TYPHON_BASE_SANITIZERS_H

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef WITH_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define __lsan_register_root_region(p, n) ((void)(p), (void)(n))
#define __lsan_unregister_root_region(p, n) ((void)(p), (void)(n))
#endif

#endif

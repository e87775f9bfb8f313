// Critical sections, thread-specific storage, allocators and other small public structs.
// Offsets and sizes are those of the cp314t binary interface: wheels read them inline.
// Checked by static assertions in tests/unit/abi_layout.c.
#ifndef TYPHON_ABI_MISC_H
#define TYPHON_ABI_MISC_H

#include "abi/object.h"
#include <pthread.h>

typedef struct {
    uintptr_t _cs_prev;
    PyMutex *_cs_mutex;
} PyCriticalSection;

typedef struct {
    PyCriticalSection _cs_base;
    PyMutex *_cs_mutex2;
} PyCriticalSection2;

typedef struct {
    int _is_initialized;
    pthread_key_t _key;
} Py_tss_t;

typedef struct {
    void *ctx;
    void *(*malloc)(void *, size_t);
    void *(*calloc)(void *, size_t, size_t);
    void *(*realloc)(void *, void *, size_t);
    void (*free)(void *, void *);
} PyMemAllocatorEx;

typedef struct {
    Py_hash_t (*const hash)(const void *, Py_ssize_t);
    const char *name;
    const int hash_bits;
    const int seed_bits;
} PyHash_FuncDef;

typedef struct {
    int cf_flags;
    int cf_feature_version;
} PyCompilerFlags;

typedef struct {
    int use_main_obmalloc;
    int allow_fork;
    int allow_exec;
    int allow_threads;
    int allow_daemon_threads;
    int check_multi_interp_extensions;
    int gil;
} PyInterpreterConfig;

#endif

// What the command line and the environment ask for.
//
// config_parse fills a Config from argv and, unless -E or -I is given, from the PYTHON*
// variables (reference: "Command line and environment" of the Python documentation). Strings
// point into argv, into the environment or into memory owned by the Config.
//
// Threading: filled before the first thread exists, immutable afterwards.
#ifndef TYPHON_RUNTIME_CONFIG_H
#define TYPHON_RUNTIME_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A growing list of C strings that are not owned.
typedef struct {
    const char **items;
    size_t count;
} ConfigStrings;

// What to run.
typedef enum {
    RUN_REPL,       // nothing given and stdin is a terminal
    RUN_STDIN,      // nothing given or "-"
    RUN_COMMAND,    // -c
    RUN_MODULE,     // -m
    RUN_FILE,       // file, directory or zip archive
} RunKind;

// Stages that -X dump= and -X explain show.
enum {
    DUMP_TOKENS = 1,
    DUMP_AST = 2,
    DUMP_SCOPES = 4,
    DUMP_BYTECODE = 8,
};

typedef struct {
    RunKind run;
    const char *target;             // command text, module name or path
    int argc;                       // what sys.argv gets: argv[0] is replaced by the runner
    char **argv;
    int orig_argc;                  // sys.orig_argv
    char **orig_argv;

    int bytes_warning;              // -b, -bb
    int parser_debug;               // -d
    int inspect;                    // -i
    int interactive;                // -i
    int optimize;                   // -O, -OO
    int verbose;                    // -v
    bool dont_write_bytecode;       // -B
    bool no_user_site;              // -s, -I
    bool no_site;                   // -S
    bool isolated;                  // -I
    bool ignore_environment;        // -E, -I
    bool safe_path;                 // -P, -I
    bool unbuffered;                // -u
    bool quiet;                     // -q
    bool skip_first_line;           // -x
    bool dev_mode;                  // -X dev
    int utf8_mode;                  // -X utf8
    bool warn_default_encoding;     // -X warn_default_encoding
    bool faulthandler;              // -X faulthandler
    bool no_frozen_modules;         // -X frozen_modules=off: only what importlib needs
    bool no_debug_ranges;           // -X no_debug_ranges
    int import_time;                // -X importtime, 2: cached modules too
    int tracemalloc;                // -X tracemalloc[=N]
    int int_max_str_digits;         // -X int_max_str_digits, default 4300
    int gil;                        // -X gil, PYTHON_GIL: 0 or 1, -1 not given; there is none anyway
    int cpu_count;                  // -X cpu_count=N, PYTHON_CPU_COUNT; -1: as many as there are
    int thread_inherit_context;     // -X thread_inherit_context
    int context_aware_warnings;     // -X context_aware_warnings
    const char *check_hash_pycs;    // --check-hash-based-pycs
    const char *pycache_prefix;     // -X pycache_prefix, PYTHONPYCACHEPREFIX
    bool random_hash;               // -R: PYTHONHASHSEED does not count
    bool use_hash_seed;             // PYTHONHASHSEED is a number
    uint32_t hash_seed;
    const char *home;               // PYTHONHOME
    const char *path;               // PYTHONPATH
    const char *io_encoding;        // PYTHONIOENCODING
    const char *platlibdir;
    ConfigStrings xoptions;         // all -X options, as given
    ConfigStrings warnoptions;      // PYTHONWARNINGS and -W, in order of precedence
    unsigned dump;                  // DUMP_* stages
    bool explain;                   // -X explain
} Config;

// What the caller has to do after parsing.
typedef enum { CONFIG_RUN, CONFIG_EXIT_OK, CONFIG_EXIT_ERROR } ConfigAction;

// Parses; prints help, version and usage errors itself. CONFIG_EXIT_ERROR means exit status 2.
ConfigAction config_parse(Config *config, int argc, char **argv);

// Value of "-X name" or "-X name=value": "" without value, NULL when not given.
const char *config_xoption(const Config *config, const char *name);

// getenv, unless the environment is ignored; empty counts as unset.
const char *config_getenv(const Config *config, const char *name);

void config_free(Config *config);

// Texts of --help and its kin.
enum { HELP_OPTIONS = 1, HELP_ENVIRONMENT = 2, HELP_XOPTIONS = 4, HELP_ALL = 7 };
extern const char config_usage_line[];
void config_print_help(const char *program, unsigned parts);

#endif

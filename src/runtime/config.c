// Command line and environment; see config.h. Runs before anything else of the runtime exists,
// so it only uses the C library.
#include "runtime/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/constants.h"

static void
strings_add(ConfigStrings *list, const char *item)
{
    const char **grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    if (grown == NULL) {
        fputs("Fatal Python error: out of memory while reading the command line\n", stderr);
        exit(1);
    }
    grown[list->count++] = item;
    list->items = grown;
}

const char *
config_xoption(const Config *config, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = config->xoptions.count; i-- > 0;) {
        const char *option = config->xoptions.items[i];
        if (strncmp(option, name, length) == 0) {
            if (option[length] == '=') {
                return option + length + 1;
            }
            if (option[length] == '\0') {
                return "";
            }
        }
    }
    return NULL;
}

const char *
config_getenv(const Config *config, const char *name)
{
    if (config->ignore_environment) {
        return NULL;
    }
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

// A flag variable: a number raises the level to at least that, other text counts as 1.
static int
env_level(const Config *config, const char *name, int level)
{
    const char *value = config_getenv(config, name);
    if (value == NULL) {
        return level;
    }
    char *end;
    long number = strtol(value, &end, 10);
    if (*end != '\0' || number < 0 || number > INT_MAX) {
        number = 1;
    }
    return number > level ? (int)number : level;
}

static bool
env_flag(const Config *config, const char *name, bool flag)
{
    return env_level(config, name, flag) != 0;
}

static ConfigAction
usage_error(const char *program)
{
    fprintf(stderr, config_usage_line, program);
    fprintf(stderr, "Try `python -h' for more information.\n");
    return CONFIG_EXIT_ERROR;
}

static ConfigAction
print_help(const char *program, unsigned parts)
{
    config_print_help(program, parts);
    return CONFIG_EXIT_OK;
}

static ConfigAction
print_version(int verbose)
{
    printf("Python " PY_VERSION " (Typhon " TYPHON_VERSION ")\n");
    if (verbose) {
        printf("free-threaded, %s\n",
#ifdef __clang__
               "Clang " __clang_version__
#else
               "GCC " __VERSION__
#endif
        );
    }
    return CONFIG_EXIT_OK;
}

static bool
parse_dump_stages(Config *config, const char *text)
{
    static const struct { const char *name; unsigned bit; } stages[] = {
        {"tokens", DUMP_TOKENS}, {"ast", DUMP_AST}, {"scopes", DUMP_SCOPES},
        {"bytecode", DUMP_BYTECODE},
    };
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        bool known = false;
        for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
            if (strlen(stages[i].name) == length && memcmp(text, stages[i].name, length) == 0) {
                config->dump |= stages[i].bit;
                known = true;
            }
        }
        if (!known) {
            fprintf(stderr, "-X dump: unknown stage '%.*s' "
                    "(tokens, ast, scopes and bytecode can be shown)\n", (int)length, text);
            return false;
        }
        text += length + (text[length] == ',');
    }
    return true;
}

static bool
parse_switch(const char *text, int *result)
{
    if (strcmp(text, "0") == 0 || strcmp(text, "1") == 0) {
        *result = *text - '0';
        return true;
    }
    return false;
}

static ConfigAction
fatal_option(const char *message)
{
    fprintf(stderr, "Fatal Python error: config_init_: %s\n", message);
    return CONFIG_EXIT_ERROR;
}

static ConfigAction
apply_digit_limit(Config *config)
{
    config->int_max_str_digits = 4300;
    const char *value = config_getenv(config, "PYTHONINTMAXSTRDIGITS");
    const char *option = config_xoption(config, "int_max_str_digits");
    if (option != NULL) {
        value = option;
    }
    if (value == NULL) {
        return CONFIG_RUN;
    }
    char *end;
    errno = 0;
    long digits = strtol(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0 || (digits != 0 && digits < 640)
        || digits > INT_MAX) {
        return fatal_option(option != NULL
                                ? "-X int_max_str_digits: invalid limit; must be >= 640 or 0 for "
                                  "unlimited."
                                : "PYTHONINTMAXSTRDIGITS: invalid limit; must be >= 640 or 0 for "
                                  "unlimited.");
    }
    config->int_max_str_digits = (int)digits;
    return CONFIG_RUN;
}

static ConfigAction
apply_hash_seed(Config *config)
{
    const char *value = config_getenv(config, "PYTHONHASHSEED");
    if (config->random_hash || value == NULL || strcmp(value, "random") == 0) {
        return CONFIG_RUN;
    }
    char *end;
    errno = 0;
    unsigned long seed = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || errno != 0 || seed > UINT32_MAX) {
        return fatal_option("PYTHONHASHSEED must be \"random\" or an integer in range "
                            "[0; 4294967295]");
    }
    config->use_hash_seed = true;
    config->hash_seed = (uint32_t)seed;
    return CONFIG_RUN;
}

static ConfigAction
apply_utf8_mode(Config *config)
{
    config->utf8_mode = 1;
    const char *option = config_xoption(config, "utf8");
    if (option != NULL) {
        if (*option != '\0' && !parse_switch(option, &config->utf8_mode)) {
            return fatal_option("invalid -X utf8 option value");
        }
        return CONFIG_RUN;
    }
    const char *value = config_getenv(config, "PYTHONUTF8");
    if (value != NULL && !parse_switch(value, &config->utf8_mode)) {
        return fatal_option("invalid PYTHONUTF8 environment variable value");
    }
    if (value == NULL) {
        // The locale decides: only the C and POSIX locales switch the mode on by themselves.
        const char *locale = getenv("LC_ALL");
        locale = locale && *locale ? locale : getenv("LC_CTYPE");
        locale = locale && *locale ? locale : getenv("LANG");
        config->utf8_mode = locale == NULL || *locale == '\0' || strcmp(locale, "C") == 0
                            || strcmp(locale, "POSIX") == 0;
    }
    return CONFIG_RUN;
}

static ConfigAction
apply_tracemalloc(Config *config)
{
    const char *value = config_getenv(config, "PYTHONTRACEMALLOC");
    const char *option = config_xoption(config, "tracemalloc");
    if (option != NULL) {
        value = *option != '\0' ? option : "1";
    }
    if (value == NULL) {
        return CONFIG_RUN;
    }
    char *end;
    long frames = strtol(value, &end, 10);
    if (*end != '\0' || frames < 0 || frames > UINT16_MAX) {
        return fatal_option(option != NULL ? "-X tracemalloc=NFRAME: invalid number of frames"
                                           : "PYTHONTRACEMALLOC: invalid number of frames");
    }
    config->tracemalloc = (int)frames;
    return CONFIG_RUN;
}

static ConfigAction
apply_import_time(Config *config)
{
    const char *value = config_xoption(config, "importtime");
    if (value == NULL) {
        value = config_getenv(config, "PYTHONPROFILEIMPORTTIME");
        config->import_time = value != NULL;
    }
    else if (*value == '\0' || strcmp(value, "true") == 0 || strcmp(value, "1") == 0) {
        config->import_time = 1;
    }
    else if (strcmp(value, "0") != 0 && strcmp(value, "2") != 0) {
        return fatal_option("-X importtime: values other than 1, 2, and no value are not supported.");
    }
    if (value != NULL && strcmp(value, "2") == 0) {
        config->import_time = 2;
    }
    return CONFIG_RUN;
}

// Options of CPython's builds that have an effect on flags here at most.
static ConfigAction
apply_build_options(Config *config)
{
    config->gil = -1;
    const char *value = config_getenv(config, "PYTHON_GIL");
    if (value != NULL && !parse_switch(value, &config->gil)) {
        return fatal_option("PYTHON_GIL must be \"0\" or \"1\"");
    }
    value = config_xoption(config, "gil");
    if (value != NULL && !parse_switch(value, &config->gil)) {
        return fatal_option("config_read_gil: -X gil must be 0 or 1");
    }
    int shared;
    value = config_getenv(config, "PYTHON_TLBC");
    if (value != NULL && !parse_switch(value, &shared)) {
        return fatal_option("PYTHON_TLBC=N: N is missing or invalid");
    }
    value = config_xoption(config, "tlbc");
    return value == NULL || parse_switch(value, &shared)
               ? CONFIG_RUN : fatal_option("-X tlbc=n: n is missing or invalid");
}

static ConfigAction
apply_cpu_count(Config *config)
{
    const char *option = config_xoption(config, "cpu_count");
    const char *value = option != NULL ? option : config_getenv(config, "PYTHON_CPU_COUNT");
    config->cpu_count = -1;
    if (value == NULL || strcmp(value, "default") == 0) {
        return CONFIG_RUN;
    }
    char *end;
    long count = strtol(value, &end, 10);
    if (end == value || *end != '\0' || count < 1 || count > INT_MAX) {
        return fatal_option(option != NULL ? "-X cpu_count=n option: n is missing or an invalid number, "
                                             "n must be greater than 0"
                                           : "PYTHON_CPU_COUNT=<CPU COUNT>: invalid value");
    }
    config->cpu_count = (int)count;
    return CONFIG_RUN;
}

// Reads what -X options and variables set together.
static ConfigAction
apply_options(Config *config)
{
    config->dev_mode = config_xoption(config, "dev") || env_flag(config, "PYTHONDEVMODE", false);
    config->warn_default_encoding = config_xoption(config, "warn_default_encoding")
                                    || config_getenv(config, "PYTHONWARNDEFAULTENCODING");
    config->faulthandler = config->dev_mode || config_xoption(config, "faulthandler")
                           || config_getenv(config, "PYTHONFAULTHANDLER");
    config->no_debug_ranges = config_xoption(config, "no_debug_ranges")
                              || config_getenv(config, "PYTHONNODEBUGRANGES");
    config->explain = config_xoption(config, "explain") != NULL;
    config->thread_inherit_context = 1;
    config->context_aware_warnings = 1;
    const char *value = config_xoption(config, "thread_inherit_context");
    value = value != NULL ? value : config_getenv(config, "PYTHON_THREAD_INHERIT_CONTEXT");
    if (value != NULL && !parse_switch(value, &config->thread_inherit_context)) {
        return fatal_option("-X thread_inherit_context: must be 0 or 1");
    }
    value = config_xoption(config, "context_aware_warnings");
    value = value != NULL ? value : config_getenv(config, "PYTHON_CONTEXT_AWARE_WARNINGS");
    if (value != NULL && !parse_switch(value, &config->context_aware_warnings)) {
        return fatal_option("-X context_aware_warnings: must be 0 or 1");
    }
    // -X pycache_prefix without a value undoes the variable.
    config->pycache_prefix = config_xoption(config, "pycache_prefix");
    if (config->pycache_prefix == NULL) {
        config->pycache_prefix = config_getenv(config, "PYTHONPYCACHEPREFIX");
    }
    else if (*config->pycache_prefix == '\0') {
        config->pycache_prefix = NULL;
    }
    value = config_xoption(config, "frozen_modules");
    value = value != NULL ? value : config_getenv(config, "PYTHON_FROZEN_MODULES");
    config->no_frozen_modules = value != NULL && strcmp(value, "off") == 0;
    const char *stages = config_xoption(config, "dump");
    if (stages != NULL && !parse_dump_stages(config, stages)) {
        return CONFIG_EXIT_ERROR;
    }
    ConfigAction action = apply_digit_limit(config);
    action = action != CONFIG_RUN ? action : apply_hash_seed(config);
    action = action != CONFIG_RUN ? action : apply_utf8_mode(config);
    action = action != CONFIG_RUN ? action : apply_import_time(config);
    action = action != CONFIG_RUN ? action : apply_build_options(config);
    action = action != CONFIG_RUN ? action : apply_cpu_count(config);
    return action != CONFIG_RUN ? action : apply_tracemalloc(config);
}

// Variables that stand for options.
static void
apply_environment(Config *config, ConfigStrings *options)
{
    config->bytes_warning = env_level(config, "PYTHONBYTESWARNING", config->bytes_warning);
    config->parser_debug = config->parser_debug || env_flag(config, "PYTHONDEBUG", false);
    config->inspect = env_level(config, "PYTHONINSPECT", config->inspect);
    config->optimize = env_level(config, "PYTHONOPTIMIZE", config->optimize);
    config->verbose = env_level(config, "PYTHONVERBOSE", config->verbose);
    config->dont_write_bytecode =
        env_flag(config, "PYTHONDONTWRITEBYTECODE", config->dont_write_bytecode);
    config->no_user_site = env_flag(config, "PYTHONNOUSERSITE", config->no_user_site);
    config->unbuffered = env_flag(config, "PYTHONUNBUFFERED", config->unbuffered);
    config->safe_path = config->safe_path || config_getenv(config, "PYTHONSAFEPATH") != NULL;
    config->home = config_getenv(config, "PYTHONHOME");
    config->path = config_getenv(config, "PYTHONPATH");
    config->io_encoding = config_getenv(config, "PYTHONIOENCODING");
    const char *platlibdir = config_getenv(config, "PYTHONPLATLIBDIR");
    config->platlibdir = platlibdir != NULL ? platlibdir : "lib";

    // Order of precedence, weakest first: dev mode, PYTHONWARNINGS, -W, -b.
    if (config->dev_mode) {
        strings_add(&config->warnoptions, "default");
    }
    const char *warnings = config_getenv(config, "PYTHONWARNINGS");
    if (warnings != NULL) {
        char *copy = strdup(warnings);      // lives as long as the process: sys.warnoptions
        for (char *item = copy != NULL ? strtok(copy, ",") : NULL; item != NULL;
             item = strtok(NULL, ",")) {
            strings_add(&config->warnoptions, item);
        }
    }
    for (size_t i = 0; i < options->count; i++) {
        strings_add(&config->warnoptions, options->items[i]);
    }
    if (config->bytes_warning) {
        strings_add(&config->warnoptions,
                    config->bytes_warning > 1 ? "error::BytesWarning" : "default::BytesWarning");
    }
}

typedef struct {
    Config *config;
    int argc;
    char **argv;
    int index;              // of the argument being read
    char *rest;             // remaining letters of a group of short options
    ConfigStrings warnings;
} OptionReader;

// The argument of an option: the rest of its word, or the next word.
static char *
option_argument(OptionReader *reader, char letter)
{
    char *argument = reader->rest;
    if (*argument == '\0') {
        if (reader->index + 1 >= reader->argc) {
            fprintf(stderr, "Argument expected for the -%c option\n", letter);
            return NULL;
        }
        argument = reader->argv[++reader->index];
    }
    reader->rest = "";
    return argument;
}

static ConfigAction
set_flag(OptionReader *reader, char letter)
{
    Config *config = reader->config;
    switch (letter) {
        case 'b': config->bytes_warning++; break;
        case 'B': config->dont_write_bytecode = true; break;
        case 'd': config->parser_debug++; break;
        case 'E': config->ignore_environment = true; break;
        case 'i': config->inspect++; config->interactive++; break;
        case 'I':
            config->isolated = config->ignore_environment = true;
            config->no_user_site = config->safe_path = true;
            break;
        case 'O': config->optimize++; break;
        case 'P': config->safe_path = true; break;
        case 'q': config->quiet = true; break;
        case 'R': config->random_hash = true; break;
        case 's': config->no_user_site = true; break;
        case 'S': config->no_site = true; break;
        case 't': break;
        case 'u': config->unbuffered = true; break;
        case 'v': config->verbose++; break;
        case 'x': config->skip_first_line = true; break;
        default:
            fprintf(stderr, "Unknown option: -%c\n", letter);
            return usage_error(reader->argv[0]);
    }
    return CONFIG_RUN;
}

static ConfigAction
read_long_option(OptionReader *reader, const char *word)
{
    static const struct { const char *word; unsigned parts; } helps[] = {
        {"--help", HELP_OPTIONS}, {"--help-env", HELP_ENVIRONMENT},
        {"--help-xoptions", HELP_XOPTIONS}, {"--help-all", HELP_ALL},
    };
    for (size_t i = 0; i < sizeof helps / sizeof *helps; i++) {
        if (strcmp(word, helps[i].word) == 0) {
            return print_help(reader->argv[0], helps[i].parts);
        }
    }
    if (strcmp(word, "--version") == 0) {
        return print_version(0);
    }
    if (strcmp(word, "--check-hash-based-pycs") == 0) {
        if (reader->index + 1 >= reader->argc) {
            fprintf(stderr, "Argument expected for the --check-hash-based-pycs option\n");
            return usage_error(reader->argv[0]);
        }
        const char *mode = reader->argv[++reader->index];
        if (strcmp(mode, "always") != 0 && strcmp(mode, "default") != 0
            && strcmp(mode, "never") != 0) {
            fprintf(stderr, "--check-hash-based-pycs must be one of "
                    "'default', 'always', or 'never'\n");
            return usage_error(reader->argv[0]);
        }
        reader->config->check_hash_pycs = mode;
        return CONFIG_RUN;
    }
    fprintf(stderr, "Unknown option: %s\n", word);
    return usage_error(reader->argv[0]);
}

// Reads one word of short options. *stop is set behind -c and -m.
static ConfigAction
read_short_options(OptionReader *reader, bool *stop)
{
    Config *config = reader->config;
    reader->rest = reader->argv[reader->index] + 1;
    while (*reader->rest != '\0') {
        char letter = *reader->rest++;
        if (letter == 'h' || letter == '?') {
            return print_help(reader->argv[0], HELP_OPTIONS);
        }
        if (letter == 'V') {
            return print_version(*reader->rest == 'V');
        }
        if (strchr("cmWX", letter) == NULL) {
            ConfigAction action = set_flag(reader, letter);
            if (action != CONFIG_RUN) {
                return action;
            }
            continue;
        }
        char *argument = option_argument(reader, letter);
        if (argument == NULL) {
            return usage_error(reader->argv[0]);
        }
        if (letter == 'c' || letter == 'm') {
            config->run = letter == 'c' ? RUN_COMMAND : RUN_MODULE;
            config->target = argument;
            *stop = true;
            return CONFIG_RUN;
        }
        strings_add(letter == 'W' ? &reader->warnings : &config->xoptions, argument);
    }
    return CONFIG_RUN;
}

ConfigAction
config_parse(Config *config, int argc, char **argv)
{
    memset(config, 0, sizeof *config);
    config->check_hash_pycs = "default";
    config->orig_argc = argc;
    config->orig_argv = argv;
    config->run = RUN_STDIN;
    OptionReader reader = {.config = config, .argc = argc, .argv = argv, .index = 1};
    bool stop = false;
    ConfigAction action = CONFIG_RUN;
    for (; reader.index < argc && !stop && action == CONFIG_RUN; reader.index++) {
        const char *word = argv[reader.index];
        if (word[0] != '-' || word[1] == '\0') {
            break;
        }
        if (strcmp(word, "--") == 0) {
            reader.index++;
            break;
        }
        action = word[1] == '-' ? read_long_option(&reader, word)
                                : read_short_options(&reader, &stop);
    }
    if (action == CONFIG_RUN && !stop && reader.index < argc) {
        config->target = argv[reader.index];
        if (strcmp(config->target, "-") != 0) {
            config->run = RUN_FILE;
        }
        reader.index++;
        stop = true;
    }
    if (action == CONFIG_RUN) {
        action = apply_options(config);
    }
    if (action == CONFIG_RUN) {
        apply_environment(config, &reader.warnings);
        if (config->run == RUN_STDIN && config->target == NULL
            && (config->interactive || isatty(STDIN_FILENO))) {
            config->run = RUN_REPL;
        }
        // sys.argv: the slot of the target is replaced by the runner ("-c", "-m", the path).
        int skip = stop ? reader.index - 1 : argc;
        config->argc = argc - skip;
        config->argv = argv + skip;
    }
    free(reader.warnings.items);
    return action;
}

void
config_free(Config *config)
{
    free(config->xoptions.items);
    free(config->warnoptions.items);
}

// What --help, --help-env, --help-xoptions and --help-all print; see config.h.
#include <stdio.h>

#include "runtime/config.h"

const char config_usage_line[] = "usage: %s [option] ... [-c cmd | -m mod | file | -] [arg] ...\n";

static const char options_text[] =
    "Options (and corresponding environment variables):\n"
    "-b     : issue warnings about converting bytes/bytearray to str and comparing\n"
    "         bytes/bytearray with str or bytes with int; also PYTHONBYTESWARNING=x\n"
    "         (-bb: issue errors)\n"
    "-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x\n"
    "-c cmd : program passed in as string (terminates option list)\n"
    "-E     : ignore PYTHON* environment variables (such as PYTHONPATH)\n"
    "-h     : print this help message and exit (also -? or --help)\n"
    "-i     : inspect interactively after running script; forces a prompt even\n"
    "         if stdin does not appear to be a terminal; also PYTHONINSPECT=x\n"
    "-I     : isolate from the user's environment (implies -E, -P and -s)\n"
    "-m mod : run library module as a script (terminates option list)\n"
    "-O     : remove assert and __debug__-dependent statements; also PYTHONOPTIMIZE=x\n"
    "-OO    : do -O changes and also discard docstrings\n"
    "-P     : don't prepend a potentially unsafe path to sys.path; also PYTHONSAFEPATH\n"
    "-q     : don't print version and copyright messages on interactive startup\n"
    "-s     : don't add user site directory to sys.path; also PYTHONNOUSERSITE=x\n"
    "-S     : don't imply 'import site' on initialization\n"
    "-u     : force the stdout and stderr streams to be unbuffered;\n"
    "         also PYTHONUNBUFFERED=x\n"
    "-v     : trace import statements; also PYTHONVERBOSE=x; repeat for more\n"
    "-V     : print the Python version number and exit (also --version)\n"
    "-W arg : warning control; arg is action:message:category:module:lineno;\n"
    "         also PYTHONWARNINGS=arg\n"
    "-x     : skip first line of source, allowing use of non-Unix forms of #!cmd\n"
    "-X opt : set implementation-specific option (--help-xoptions lists them)\n"
    "--check-hash-based-pycs always|default|never:\n"
    "         control how Python invalidates hash-based .pyc files\n"
    "--help-env: print help about environment variables and exit\n"
    "--help-xoptions: print help about implementation-specific -X options and exit\n"
    "--help-all: print complete help information and exit\n"
    "Arguments:\n"
    "file   : program read from script file\n"
    "-      : program read from stdin (default; interactive mode if a tty)\n"
    "arg ...: arguments passed to program in sys.argv[1:]\n";

static const char variables_text[] =
    "Environment variables:\n"
    "PYTHONASYNCIODEBUG: enable asyncio's debug mode\n"
    "PYTHON_BASIC_REPL: use the simple interactive session\n"
    "PYTHONBREAKPOINT: name of what breakpoint() calls; 0 disables it\n"
    "PYTHONCOERCECLOCALE: 0 leaves the C locale as it is\n"
    "PYTHON_COLORS  : 0 or 1: whether output to a terminal is coloured\n"
    "PYTHONHASHSEED : seed of str and bytes hashes, or 'random'\n"
    "PYTHON_HISTORY : file with the history of the interactive session\n"
    "PYTHONHOME     : folder of the standard library\n"
    "PYTHONIOENCODING: encoding[:errors] of stdin, stdout and stderr\n"
    "PYTHONPATH     : folders that go in front of sys.path, separated by ':'\n"
    "PYTHONPLATLIBDIR: name of the folder 'lib' under the prefix\n"
    "PYTHONSTARTUP  : file that runs at the start of an interactive session\n"
    "PYTHONUSERBASE : folder of the user's site-packages\n"
    "\n"
    "These variables have equivalent command-line options (see --help for details):\n"
    "PYTHONBYTESWARNING: (-b)\n"
    "PYTHON_CONTEXT_AWARE_WARNINGS: (-X context_aware_warnings)\n"
    "PYTHON_CPU_COUNT: (-X cpu_count)\n"
    "PYTHONDEBUG    : (-d)\n"
    "PYTHONDEVMODE  : (-X dev)\n"
    "PYTHONDONTWRITEBYTECODE: (-B)\n"
    "PYTHONFAULTHANDLER: (-X faulthandler)\n"
    "PYTHON_GIL     : (-X gil)\n"
    "PYTHONINSPECT  : (-i)\n"
    "PYTHONINTMAXSTRDIGITS: (-X int_max_str_digits)\n"
    "PYTHONNODEBUGRANGES: (-X no_debug_ranges)\n"
    "PYTHONNOUSERSITE: (-s)\n"
    "PYTHONOPTIMIZE : (-O)\n"
    "PYTHONPROFILEIMPORTTIME: (-X importtime)\n"
    "PYTHONPYCACHEPREFIX: (-X pycache_prefix)\n"
    "PYTHONSAFEPATH : (-P)\n"
    "PYTHON_THREAD_INHERIT_CONTEXT: (-X thread_inherit_context)\n"
    "PYTHON_TLBC    : (-X tlbc)\n"
    "PYTHONTRACEMALLOC: (-X tracemalloc)\n"
    "PYTHONUNBUFFERED: (-u)\n"
    "PYTHONUTF8     : (-X utf8)\n"
    "PYTHONVERBOSE  : (-v)\n"
    "PYTHONWARNDEFAULTENCODING: (-X warn_default_encoding)\n"
    "PYTHONWARNINGS : (-W)\n";

static const char xoptions_text[] =
    "The following implementation-specific options are available:\n"
    "-X context_aware_warnings=[0|1]: warnings filters belong to the context\n"
    "-X cpu_count=N|default: what os.cpu_count() and os.process_cpu_count() return\n"
    "-X dev : development mode: more checks at run time\n"
    "-X dump=tokens,ast,scopes,bytecode: show stages of the program's way\n"
    "-X explain: show all stages, with a line on what happened\n"
    "-X faulthandler: print the traceback on fatal errors\n"
    "-X frozen_modules=[on|off]: whether modules come from the program itself\n"
    "-X gil=[0|1]: value of sys.flags.gil; there is no global lock in either case\n"
    "-X importtime[=2]: show how long each import takes; 2: cached ones too\n"
    "-X int_max_str_digits=N: limit of digits in conversions of int and str; 0: none\n"
    "-X no_debug_ranges: code objects without columns\n"
    "-X pycache_prefix=PATH: write .pyc files to a parallel tree\n"
    "-X thread_inherit_context=[0|1]: threads start with their creator's context\n"
    "-X tlbc=[0|1]: accepted; bytecode is shared by all threads\n"
    "-X tracemalloc[=N]: trace memory allocations, with N frames each\n"
    "-X utf8[=0|1]: UTF-8 mode\n"
    "-X warn_default_encoding: EncodingWarning for open() without encoding\n";

void
config_print_help(const char *program, unsigned parts)
{
    if ((parts & HELP_OPTIONS) != 0) {
        printf(config_usage_line, program);
        fputs(options_text, stdout);
    }
    if ((parts & HELP_ENVIRONMENT) != 0) {
        fputs(parts == HELP_ALL ? "\n" : "", stdout);
        fputs(variables_text, stdout);
    }
    if ((parts & HELP_XOPTIONS) != 0) {
        fputs(parts == HELP_ALL ? "\n" : "", stdout);
        fputs(xoptions_text, stdout);
    }
}

// The `typhon` program.
#include <signal.h>
#include <unistd.h>

#include "runtime/config.h"
#include "runtime/runtime.h"

int
main(int argc, char **argv)
{
    Config config;
    switch (config_parse(&config, argc, argv)) {
        case CONFIG_EXIT_OK:
            return 0;
        case CONFIG_EXIT_ERROR:
            return 2;
        case CONFIG_RUN:
            break;
    }
    if (runtime_start(&config) < 0) {
        return 1;
    }
    int status = runtime_stop(runtime_run());
    config_free(&config);
    if (status == STATUS_INTERRUPTED) {
        // The parent sees that a signal ended the program.
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    return status;
}

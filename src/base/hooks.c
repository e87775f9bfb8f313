// The table of upward calls; see hooks.h. Filled at start-up by the folders that implement them.
#include "base/hooks.h"

Hooks hooks;

// The encoding of the locale.
#ifndef TYPHON_MODULES_LOCALE_ENCODING_H
#define TYPHON_MODULES_LOCALE_ENCODING_H

#include <langinfo.h>
#include <string.h>

// Static text, as the C library spells it. The "C" locale stands for UTF-8 here.
static inline const char *
locale_encoding(void)
{
    const char *encoding = nl_langinfo(CODESET);
    return *encoding == '\0' || strcmp(encoding, "ANSI_X3.4-1968") == 0 ? "UTF-8" : encoding;
}

#endif

// Writing the Python stack of threads; see faulthandler_dump.h.
#include "modules/faulthandler_dump.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "abi/strings.h"
#include "objects/code.h"
#include "thread/runtime.h"
#include "vm/frame_layout.h"

#define MAX_FRAMES 100
#define MAX_THREADS 100
#define MAX_TEXT 500
#define MAX_C_FRAMES 32

// ---- output ----

static void
write_data(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written <= 0) {
            return;
        }
        data += written;
        size -= (size_t)written;
    }
}

void
dump_text(int fd, const char *text)
{
    write_data(fd, text, strlen(text));
}

void
dump_decimal(int fd, unsigned long value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    write_data(fd, at, (size_t)(digits + sizeof digits - at));
}

void
dump_hexadecimal(int fd, unsigned long value, int width)
{
    char digits[16];
    char *at = digits + sizeof digits;
    do {
        *--at = "0123456789abcdef"[value & 15];
        value >>= 4;
        width--;
    } while (value != 0 || (width > 0 && at > digits));
    write_data(fd, at, (size_t)(digits + sizeof digits - at));
}

// ---- reading ----

// Copies memory that may not be there: whether it was. Where the kernel offers no such call, the
// address is trusted.
static bool
read_memory(const void *from, void *to, size_t size)
{
    struct iovec local = {to, size};
    struct iovec remote = {(void *)from, size};
    ssize_t got = syscall(SYS_process_vm_readv, getpid(), &local, 1UL, &remote, 1UL, 0UL);
    if (got == (ssize_t)size) {
        return true;
    }
    if (got < 0 && (errno == ENOSYS || errno == EPERM) && from != NULL) {
        memcpy(to, from, size);
        return true;
    }
    return false;
}

// Where the characters of a string start; its head has been read into *head.
static const char *
characters_of(const void *address, const PyASCIIObject *head)
{
    if (head->state.compact) {
        return (const char *)address
               + (head->state.ascii ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject));
    }
    PyUnicodeObject full;
    return read_memory(address, &full, sizeof full) ? full.data.any : NULL;
}

static void
dump_character(int fd, unsigned c)
{
    if (c >= ' ' && c < 127) {
        char byte = (char)c;
        write_data(fd, &byte, 1);
    }
    else if (c <= 0xff) {
        dump_text(fd, "\\x");
        dump_hexadecimal(fd, c, 2);
    }
    else if (c <= 0xffff) {
        dump_text(fd, "\\u");
        dump_hexadecimal(fd, c, 4);
    }
    else {
        dump_text(fd, "\\U");
        dump_hexadecimal(fd, c, 8);
    }
}

// The text of a str object in ASCII, cut when it is long; false when it is none.
static bool
dump_str(int fd, const void *address)
{
    PyASCIIObject head;
    PyTypeObject type;
    if (address == NULL || !read_memory(address, &head, sizeof head)
        || !read_memory(head.ob_base.ob_type, &type, sizeof type)
        || !(type.tp_flags & Py_TPFLAGS_UNICODE_SUBCLASS)) {
        return false;
    }
    const char *data = characters_of(address, &head);
    size_t kind = head.state.kind;
    if (data == NULL || (kind != 1 && kind != 2 && kind != 4)) {
        return false;
    }
    Py_ssize_t shown = head.length > MAX_TEXT ? MAX_TEXT : head.length;
    for (Py_ssize_t i = 0; i < shown; i++) {
        uint32_t c = 0;
        if (!read_memory(data + (size_t)i * kind, &c, kind)) {
            return true;
        }
        dump_character(fd, c);
    }
    if (shown < head.length) {
        dump_text(fd, "...");
    }
    return true;
}

// ---- Python frames ----

// One line for a frame of `code`; false when there is no such code.
static bool
dump_frame(int fd, PyCodeObject *code, const uint64_t *pc)
{
    PyCodeObject copy;
    if (!read_memory(code, &copy, sizeof copy)
        || ((PyObject *)&copy)->ob_type != &PyCode_Type) {
        return false;
    }
    dump_text(fd, "  File ");
    dump_text(fd, "\"");
    if (!dump_str(fd, copy.co_filename)) {
        dump_text(fd, "???");
    }
    dump_text(fd, "\", line ");
    // The code is alive, as far as can be told: its tables never change.
    int line = code_line(code, (int)(pc - copy.co_words));
    if (line >= 0) {
        dump_decimal(fd, (unsigned long)line);
    }
    else {
        dump_text(fd, "???");
    }
    dump_text(fd, " in ");
    if (!dump_str(fd, copy.co_name)) {
        dump_text(fd, "???");
    }
    dump_text(fd, "\n");
    return true;
}

static void
dump_frames(int fd, const Value *fp)
{
    if (fp == NULL) {
        dump_text(fd, "  <no Python frame>\n");
        return;
    }
    for (int depth = 0; fp != NULL; depth++) {
        Value header[FRAME_HEADER];
        if (depth >= MAX_FRAMES) {
            dump_text(fd, "  ...\n");
            return;
        }
        if (!read_memory(fp - FRAME_HEADER, header, sizeof header)) {
            dump_text(fd, "  <freed frame>\n");
            return;
        }
        const Value *end = header + FRAME_HEADER;
        if (!dump_frame(fd, (PyCodeObject *)end[FRAME_CODE], (const uint64_t *)end[FRAME_PC])) {
            dump_text(fd, "  <invalid frame>\n");
            return;
        }
        fp = (const Value *)end[FRAME_PREVIOUS];
    }
}

void
dump_stack(int fd, Thread *ts)
{
    dump_text(fd, "Stack (most recent call first):\n");
    dump_frames(fd, ts != NULL ? ts->fp : NULL);
}

// Names of threads are left out: asking for the name of one that may be ending is not safe.
static void
dump_thread(int fd, const Thread *ts, bool current)
{
    dump_text(fd, current ? "Current thread 0x" : "Thread 0x");
    dump_hexadecimal(fd, ts->ident, sizeof ts->ident * 2);
    dump_text(fd, " (most recent call first):\n");
    dump_frames(fd, ts->fp);
}

void
dump_threads(int fd, Interpreter *interp, Thread *current)
{
    Thread *ts = interp != NULL ? interp->threads : NULL;
    for (int n = 0; ts != NULL; n++) {
        Thread copy;
        if (n > 0) {
            dump_text(fd, "\n");
        }
        if (n >= MAX_THREADS || !read_memory(ts, &copy, sizeof copy)) {
            dump_text(fd, "...\n");
            return;
        }
        dump_thread(fd, &copy, ts == current);
        ts = (Thread *)copy.abi.next;
    }
}

// ---- C frames ----

void
dump_c_stack_prepare(void)
{
    void *address[1];
    backtrace(address, 1);      // the first call loads a library
}

void
dump_c_stack(int fd)
{
    void *addresses[MAX_C_FRAMES];
    int n = backtrace(addresses, MAX_C_FRAMES);
    dump_text(fd, "Current thread's C stack trace (most recent call first):\n");
    for (int i = 0; i < n; i++) {
        Dl_info info;
        dump_text(fd, "  Binary file \"");
        bool known = dladdr(addresses[i], &info) != 0;
        dump_text(fd, known && info.dli_fname != NULL ? info.dli_fname : "<unknown>");
        dump_text(fd, "\"");
        if (known && info.dli_sname != NULL) {
            dump_text(fd, ", at ");
            dump_text(fd, info.dli_sname);
        }
        else {
            dump_text(fd, ", at ");
        }
        const void *base = !known                   ? NULL
                           : info.dli_sname != NULL ? info.dli_saddr
                                                    : info.dli_fbase;
        dump_text(fd, "+0x");
        dump_hexadecimal(fd, (unsigned long)((char *)addresses[i] - (const char *)base), 1);
        dump_text(fd, " [0x");
        dump_hexadecimal(fd, (unsigned long)addresses[i], 1);
        dump_text(fd, "]\n");
    }
    if (n == MAX_C_FRAMES) {
        dump_text(fd, "  <truncated rest of calls>\n");
    }
}

// Native module errno: names of error numbers.
#include "modules/module.h"

#include <errno.h>

#include "abi/constants.h"
#include "objects/dict.h"
#include "objects/error.h"
#include "objects/int.h"
#include "objects/module.h"
#include "objects/str.h"

static const struct {
    const char *name;
    int code;
} errno_names[] = {
#define E(name) {#name, name},
    E(ENODEV) E(EHOSTUNREACH) E(ENOMSG) E(EUCLEAN) E(EL2HLT) E(EL2NSYNC) E(ENOTUNIQ)
    E(ENOTSUP) E(ENOTTY) E(ENOTBLK) E(ENOTSOCK) E(ENOTCONN) E(ENOTDIR) E(ENOTEMPTY) E(ENOTNAM)
    E(ENONET) E(ENOLINK) E(ENOLCK) E(ENODATA) E(ENOBUFS) E(ENOANO) E(ENOCSI) E(ENOEXEC) E(ENOENT)
    E(ENETRESET) E(ENETUNREACH) E(ENETDOWN) E(ENFILE) E(ENAVAIL) E(ENAMETOOLONG) E(EMULTIHOP)
    E(EMSGSIZE) E(EMLINK) E(EMFILE) E(EMEDIUMTYPE) E(ELOOP) E(ELNRNG) E(ELIBSCN) E(ELIBMAX)
    E(ELIBEXEC) E(ELIBBAD) E(ELIBACC) E(EL3RST) E(EL3HLT) E(EISNAM) E(EISDIR) E(EISCONN)
    E(EIO) E(EINVAL) E(EINTR) E(EINPROGRESS) E(EILSEQ) E(EIDRM) E(EHOSTDOWN) E(EFBIG)
    E(EFAULT) E(EEXIST) E(EDQUOT) E(EDOTDOT) E(EDOM) E(EDESTADDRREQ) E(EDEADLOCK)
    E(EDEADLK) E(ECONNRESET) E(ECONNREFUSED) E(ECONNABORTED) E(ECOMM) E(ECHRNG) E(ECHILD)
    E(ECANCELED) E(EBUSY) E(EBFONT) E(EBADSLT) E(EBADRQC) E(EBADR) E(EBADMSG) E(EBADFD)
    E(EBADF) E(EBADE) E(EALREADY) E(EAGAIN) E(EAFNOSUPPORT) E(EADV) E(EADDRNOTAVAIL)
    E(EADDRINUSE) E(EACCES) E(E2BIG) E(EWOULDBLOCK) E(EXDEV) E(EXFULL) E(EUSERS) E(EUNATCH)
    E(ETXTBSY) E(ETOOMANYREFS) E(ETIMEDOUT) E(ETIME) E(ESTRPIPE) E(ESTALE) E(ESRMNT) E(ESRCH)
    E(ESPIPE) E(ESOCKTNOSUPPORT) E(ESHUTDOWN) E(EROFS) E(ERFKILL) E(ERESTART) E(EREMOTEIO)
    E(EREMOTE) E(EREMCHG) E(ERANGE) E(EPROTOTYPE) E(EPROTONOSUPPORT) E(EPROTO) E(EPIPE)
    E(EPFNOSUPPORT) E(EPERM) E(EOWNERDEAD) E(EOVERFLOW) E(EOPNOTSUPP) E(ENXIO) E(ENOTRECOVERABLE)
    E(ENOSYS) E(ENOSTR) E(ENOSR) E(ENOSPC) E(ENOPROTOOPT) E(ENOPKG) E(ENOMEM) E(ENOMEDIUM)
    E(ENOKEY) E(EKEYEXPIRED) E(EKEYREJECTED) E(EKEYREVOKED)
#ifdef EHWPOISON
    E(EHWPOISON)
#endif
#undef E
};

static int
errno_exec(PyObject *module)
{
    PyObject *names = dict_new();
    if (names == NULL || module_add(module, "errorcode", names) < 0) {
        xdecref(names);
        return -1;
    }
    int result = 0;
    for (size_t i = 0; i < sizeof errno_names / sizeof errno_names[0] && result == 0; i++) {
        PyObject *code = int_from_i64(errno_names[i].code);
        PyObject *name = str_intern_cstr(errno_names[i].name);
        result = -1;
        // Of several names for a number, errorcode gives the one listed first.
        if (code != NULL && name != NULL && dict_setdefault(names, code, name, NULL) >= 0) {
            result = module_add(module, errno_names[i].name, code);
        }
        xdecref(code);
        xdecref(name);
    }
    decref(names);
    return result;
}

static PyModuleDef_Slot errno_slots[] = {
    {Py_mod_exec, (void *)errno_exec},
    {0, NULL},
};

static PyModuleDef errno_module = {
    .m_name = "errno",
    .m_doc = "This module makes available standard errno system symbols.\n\n"
             "The value of each symbol is the corresponding integer value,\n"
             "e.g., on most systems, errno.ENOENT equals the integer 2.\n\n"
             "The dictionary errno.errorcode maps numeric codes to symbol names,\n"
             "e.g., errno.errorcode[2] could be the string 'ENOENT'.\n\n"
             "Symbols that are not relevant to the underlying system are not defined.\n\n"
             "To map error codes to error messages, use the function os.strerror(),\n"
             "e.g. os.strerror(2) could return 'No such file or directory'.",
    .m_slots = errno_slots,
};

NATIVE_MODULE(errno, &errno_module)

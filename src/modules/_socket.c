// The `_socket` module: names and addresses of hosts, byte order, interfaces. The socket type is in
// socket_object.c. Reference: documentation of `socket`.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abi/constants.h"
#include "memory/refcount.h"
#include "modules/module.h"
#include "modules/socket_internal.h"
#include "objects/args.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/capsule.h"
#include "objects/error.h"
#include "objects/exceptions.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/module.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "objects/type.h"
#include "runtime/sys.h"
#include "thread/thread.h"

typedef struct {
    PyObject *gaierror;
    PyObject *herror;
    double default_timeout;
} SocketState;

static SocketState *state;      // of the interpreter's module; set once by exec

double *
socket_default_timeout(void)
{
    return &state->default_timeout;
}

static void *
resolver_error(PyObject *type, int code, const char *text)
{
    PyObject *args = value_build("(is)", code, text);
    if (args != NULL) {
        error_set_object(type, args);
        decref(args);
    }
    return NULL;
}

void *
socket_gai_error(int code)
{
    return code == EAI_SYSTEM ? error_set_errno(PyExc_OSError)
                              : resolver_error(state->gaierror, code, gai_strerror(code));
}

void *
socket_h_error(int code)
{
    return resolver_error(state->herror, code, hstrerror(code));
}

// ---- names ----

static PyObject *
module_gethostname(PyObject *module, PyObject *unused)
{
    char name[1024];
    if (sys_audit("socket.gethostname", "") < 0) {
        return NULL;
    }
    if (gethostname(name, sizeof name - 1) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    name[sizeof name - 1] = '\0';
    return str_decode_fsdefault(name);
}

static PyObject *
module_gethostbyname(PyObject *module, PyObject *args)
{
    const char *name;
    struct sockaddr_storage address;
    char text[INET_ADDRSTRLEN];
    if (args_parse(args, "s:gethostbyname", &name) < 0
        || !socket_resolve(name, AF_INET, &address)) {
        return NULL;
    }
    inet_ntop(AF_INET, &((struct sockaddr_in *)&address)->sin_addr, text, sizeof text);
    return str_from_cstr(text);
}

// (name, aliases, addresses) of a host entry.
static PyObject *
host_entry(const struct hostent *host)
{
    PyObject *aliases = list_new(0);
    PyObject *addresses = list_new(0);
    for (char **alias = host->h_aliases; *alias != NULL && aliases != NULL; alias++) {
        PyObject *text = str_decode_fsdefault(*alias);
        if (text == NULL || list_append_steal(aliases, text) < 0) {
            clear_ref(aliases);
        }
    }
    for (char **raw = host->h_addr_list; *raw != NULL && addresses != NULL; raw++) {
        char text[INET6_ADDRSTRLEN];
        inet_ntop(host->h_addrtype, *raw, text, sizeof text);
        PyObject *address = str_from_cstr(text);
        if (address == NULL || list_append_steal(addresses, address) < 0) {
            clear_ref(addresses);
        }
    }
    if (aliases == NULL || addresses == NULL) {
        xdecref(aliases);
        xdecref(addresses);
        return NULL;
    }
    return value_build("(sNN)", host->h_name, aliases, addresses);
}

static PyObject *
module_gethostbyname_ex(PyObject *module, PyObject *args)
{
    const char *name;
    struct sockaddr_storage address;
    if (args_parse(args, "s:gethostbyname_ex", &name) < 0
        || !socket_resolve(name, AF_INET, &address)) {
        return NULL;
    }
    char buffer[16384];
    struct hostent entry;
    struct hostent *found = NULL;
    int code = 0;
    Thread *ts = thread_current();
    thread_detach(ts);
    gethostbyname_r(name, &entry, buffer, sizeof buffer, &found, &code);
    thread_attach(ts);
    return found != NULL ? host_entry(found) : socket_h_error(code);
}

static PyObject *
module_gethostbyaddr(PyObject *module, PyObject *args)
{
    const char *name;
    struct sockaddr_storage address;
    if (args_parse(args, "s:gethostbyaddr", &name) < 0
        || !socket_resolve(name, AF_UNSPEC, &address)) {
        return NULL;
    }
    bool four = address.ss_family == AF_INET;
    const void *raw = four ? (void *)&((struct sockaddr_in *)&address)->sin_addr
                           : (void *)&((struct sockaddr_in6 *)&address)->sin6_addr;
    char buffer[16384];
    struct hostent entry;
    struct hostent *found = NULL;
    int code = 0;
    Thread *ts = thread_current();
    thread_detach(ts);
    gethostbyaddr_r(raw, four ? 4 : 16, address.ss_family, &entry, buffer, sizeof buffer, &found,
                    &code);
    thread_attach(ts);
    return found != NULL ? host_entry(found) : socket_h_error(code);
}

static PyObject *
module_getservbyname(PyObject *module, PyObject *args)
{
    const char *name;
    const char *protocol = NULL;
    if (args_parse(args, "s|s:getservbyname", &name, &protocol) < 0) {
        return NULL;
    }
    char buffer[4096];
    struct servent entry;
    struct servent *found = NULL;
    getservbyname_r(name, protocol, &entry, buffer, sizeof buffer, &found);
    return found != NULL ? int_from_i64(ntohs((uint16_t)found->s_port))
                         : error_set(PyExc_OSError, "service/proto not found");
}

static PyObject *
module_getservbyport(PyObject *module, PyObject *args)
{
    int port;
    const char *protocol = NULL;
    if (args_parse(args, "i|s:getservbyport", &port, &protocol) < 0) {
        return NULL;
    }
    if (port < 0 || port > 0xffff) {
        return error_set(PyExc_OverflowError, "getservbyport: port must be 0-65535.");
    }
    char buffer[4096];
    struct servent entry;
    struct servent *found = NULL;
    getservbyport_r(htons((uint16_t)port), protocol, &entry, buffer, sizeof buffer, &found);
    return found != NULL ? str_from_cstr(found->s_name)
                         : error_set(PyExc_OSError, "port/proto not found");
}

static PyObject *
module_getprotobyname(PyObject *module, PyObject *args)
{
    const char *name;
    if (args_parse(args, "s:getprotobyname", &name) < 0) {
        return NULL;
    }
    char buffer[4096];
    struct protoent entry;
    struct protoent *found = NULL;
    getprotobyname_r(name, &entry, buffer, sizeof buffer, &found);
    return found != NULL ? int_from_i64(found->p_proto)
                         : error_set(PyExc_OSError, "protocol not found");
}

// A host argument of getaddrinfo: None, str or bytes. New bytes object or None.
static PyObject *
addrinfo_host(PyObject *host)
{
    if (host == Py_None) {
        return new_ref(Py_None);
    }
    if (str_check(host)) {
        return str_is_ascii(host) ? str_encode_utf8(host, "strict") : str_encode(host, "idna", NULL);
    }
    return bytes_check(host) ? new_ref(host)
                             : error_set(PyExc_TypeError,
                                         "getaddrinfo() argument 1 must be string or None");
}

static PyObject *
addrinfo_service(PyObject *port)
{
    if (port == Py_None) {
        return new_ref(Py_None);
    }
    if (int_check(port)) {
        PyObject *text = object_str(port);
        PyObject *bytes = text != NULL ? str_encode_utf8(text, "strict") : NULL;
        xdecref(text);
        return bytes;
    }
    if (str_check(port)) {
        return str_encode_utf8(port, "strict");
    }
    return bytes_check(port) ? new_ref(port)
                             : error_set(PyExc_OSError, "Int or String expected");
}

static PyObject *
addrinfo_list(const struct addrinfo *first)
{
    PyObject *list = list_new(0);
    for (const struct addrinfo *info = first; info != NULL && list != NULL; info = info->ai_next) {
        PyObject *address = socket_make_address(info->ai_addr, info->ai_addrlen);
        PyObject *item = address != NULL
                             ? value_build("(iiisN)", info->ai_family, info->ai_socktype,
                                           info->ai_protocol,
                                           info->ai_canonname != NULL ? info->ai_canonname : "",
                                           address)
                             : NULL;
        if (item == NULL || list_append_steal(list, item) < 0) {
            clear_ref(list);
        }
    }
    return list;
}

static PyObject *
module_getaddrinfo(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"host", "port", "family", "type", "proto", "flags", NULL};
    PyObject *host_arg;
    PyObject *port_arg;
    struct addrinfo hints = {.ai_family = AF_UNSPEC};
    if (args_parse_keywords(args, kwargs, "OO|iiii:getaddrinfo", names, &host_arg, &port_arg,
                            &hints.ai_family, &hints.ai_socktype, &hints.ai_protocol,
                            &hints.ai_flags) < 0
        || sys_audit("socket.getaddrinfo", "OOiii", host_arg, port_arg, hints.ai_family,
                     hints.ai_socktype, hints.ai_protocol) < 0) {
        return NULL;
    }
    PyObject *host = addrinfo_host(host_arg);
    PyObject *port = host != NULL ? addrinfo_service(port_arg) : NULL;
    PyObject *result = NULL;
    if (port != NULL) {
        struct addrinfo *found = NULL;
        Thread *ts = thread_current();
        thread_detach(ts);
        int failed = getaddrinfo(host != Py_None ? bytes_data(host) : NULL,
                                 port != Py_None ? bytes_data(port) : NULL, &hints, &found);
        thread_attach(ts);
        result = failed ? socket_gai_error(failed) : addrinfo_list(found);
        if (!failed) {
            freeaddrinfo(found);
        }
    }
    xdecref(host);
    xdecref(port);
    return result;
}

static PyObject *
module_getnameinfo(PyObject *module, PyObject *args)
{
    PyObject *address_arg;
    int flags;
    const char *host;
    int port;
    unsigned flow = 0;
    unsigned scope = 0;
    if (args_parse(args, "Oi:getnameinfo", &address_arg, &flags) < 0) {
        return NULL;
    }
    if (!tuple_check(address_arg)) {
        return error_set(PyExc_TypeError, "getnameinfo() argument 1 must be a tuple");
    }
    if (args_parse(address_arg, "si|II;getnameinfo(): illegal sockaddr argument", &host, &port,
                   &flow, &scope) < 0) {
        return NULL;
    }
    if (flow > 0xfffff) {
        return error_set(PyExc_OverflowError, "getnameinfo(): flowinfo must be 0-1048575.");
    }
    char service[NI_MAXSERV];
    char name[NI_MAXHOST];
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM,
                             .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found = NULL;
    Thread *ts = thread_current();
    thread_detach(ts);
    int failed = getaddrinfo(host, text, &hints, &found);
    thread_attach(ts);
    if (failed) {
        return socket_gai_error(failed);
    }
    if (found->ai_family == AF_INET6) {
        ((struct sockaddr_in6 *)found->ai_addr)->sin6_flowinfo = htonl(flow);
        ((struct sockaddr_in6 *)found->ai_addr)->sin6_scope_id = scope;
    }
    thread_detach(ts);
    failed = getnameinfo(found->ai_addr, found->ai_addrlen, name, sizeof name, service,
                         sizeof service, flags);
    thread_attach(ts);
    freeaddrinfo(found);
    return failed ? socket_gai_error(failed) : value_build("(ss)", name, service);
}

// ---- byte order and address text ----

#define BYTE_ORDER_FUNCTION(name, limit, message)                                \
    static PyObject *module_##name(PyObject *module, PyObject *arg)              \
    {                                                                            \
        uint64_t value = int_check(arg) ? int_as_u64(arg) : (uint64_t)-1;        \
        if (!int_check(arg)) {                                                   \
            return error_format(PyExc_TypeError, "expected int, %s found",       \
                                object_type(arg)->tp_name);                      \
        }                                                                        \
        if (value == (uint64_t)-1 && error_occurred()) {                         \
            return NULL;                                                         \
        }                                                                        \
        if (value > (limit)) {                                                   \
            return error_set(PyExc_OverflowError, message);                      \
        }                                                                        \
        return int_from_u64(name((limit) & value));                              \
    }

BYTE_ORDER_FUNCTION(htons, 0xffffu, "htons: Python int too large to convert to C 16-bit unsigned "
                                    "integer")
BYTE_ORDER_FUNCTION(ntohs, 0xffffu, "ntohs: Python int too large to convert to C 16-bit unsigned "
                                    "integer")
BYTE_ORDER_FUNCTION(htonl, 0xffffffffu, "int larger than 32 bits")
BYTE_ORDER_FUNCTION(ntohl, 0xffffffffu, "int larger than 32 bits")

static PyObject *
module_inet_aton(PyObject *module, PyObject *args)
{
    const char *text;
    struct in_addr address;
    if (args_parse(args, "s:inet_aton", &text) < 0) {
        return NULL;
    }
    return inet_aton(text, &address)
               ? bytes_from_data((const char *)&address, sizeof address)
               : error_set(PyExc_OSError, "illegal IP address string passed to inet_aton");
}

static PyObject *
module_inet_pton(PyObject *module, PyObject *args)
{
    int family;
    const char *text;
    char packed[16];
    if (args_parse(args, "is:inet_pton", &family, &text) < 0) {
        return NULL;
    }
    int status = inet_pton(family, text, packed);
    if (status < 0) {
        return error_set_errno(PyExc_OSError);
    }
    return status == 0 ? error_set(PyExc_OSError, "illegal IP address string passed to inet_pton")
                       : bytes_from_data(packed, family == AF_INET ? 4 : 16);
}

static PyObject *
address_text(int family, const Py_buffer *packed, const char *bad_length)
{
    char text[INET6_ADDRSTRLEN];
    Py_ssize_t size = family == AF_INET ? 4 : family == AF_INET6 ? 16 : -1;
    if (size < 0) {
        return error_format(PyExc_ValueError, "unknown address family %d", family);
    }
    if (packed->len != size) {
        return error_set(bad_length[0] == 'p' ? PyExc_OSError : PyExc_ValueError, bad_length);
    }
    return inet_ntop(family, packed->buf, text, sizeof text) != NULL
               ? str_from_cstr(text) : error_set_errno(PyExc_OSError);
}

static PyObject *
module_inet_ntop(PyObject *module, PyObject *args)
{
    int family;
    Py_buffer packed;
    if (args_parse(args, "iy*:inet_ntop", &family, &packed) < 0) {
        return NULL;
    }
    PyObject *text = address_text(family, &packed, "invalid length of packed IP address string");
    buffer_release(&packed);
    return text;
}

static PyObject *
module_inet_ntoa(PyObject *module, PyObject *args)
{
    Py_buffer packed;
    if (args_parse(args, "y*:inet_ntoa", &packed) < 0) {
        return NULL;
    }
    PyObject *text = address_text(AF_INET, &packed, "packed IP wrong length");
    buffer_release(&packed);
    return text;
}

// ---- descriptors, timeouts, interfaces ----

static PyObject *
module_socketpair(PyObject *module, PyObject *args)
{
    int family = AF_UNIX;
    int type = SOCK_STREAM;
    int proto = 0;
    int pair[2];
    if (args_parse(args, "|iii:socketpair", &family, &type, &proto) < 0) {
        return NULL;
    }
    if (socketpair(family, type | SOCK_CLOEXEC, proto, pair) < 0) {
        return error_set_errno(PyExc_OSError);
    }
    PyObject *ends[2];
    for (int i = 0; i < 2; i++) {
        PyObject *end_args = value_build("(iiii)", family, type, proto, pair[i]);
        ends[i] = end_args != NULL ? type_call((PyObject *)&socket_type, end_args, NULL) : NULL;
        xdecref(end_args);
        if (ends[i] == NULL) {
            close(pair[i]);
        }
    }
    return tuple_pair_steal(ends[0], ends[1]);
}

static PyObject *
module_dup(PyObject *module, PyObject *arg)
{
    int fd = int_as_int(arg);
    if (fd == -1 && error_occurred()) {
        return NULL;
    }
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? error_set_errno(PyExc_OSError) : int_from_i64(copy);
}

static PyObject *
module_close(PyObject *module, PyObject *arg)
{
    int fd = int_as_int(arg);
    if (fd == -1 && error_occurred()) {
        return NULL;
    }
    return close(fd) < 0 && errno != ECONNRESET ? error_set_errno(PyExc_OSError)
                                                : new_ref(Py_None);
}

static PyObject *
module_getdefaulttimeout(PyObject *module, PyObject *unused)
{
    return state->default_timeout < 0 ? new_ref(Py_None)
                                      : float_from_double(state->default_timeout);
}

static PyObject *
module_setdefaulttimeout(PyObject *module, PyObject *arg)
{
    return socket_parse_timeout(arg, &state->default_timeout) ? new_ref(Py_None) : NULL;
}

static PyObject *
module_if_nameindex(PyObject *module, PyObject *unused)
{
    struct if_nameindex *interfaces = if_nameindex();
    if (interfaces == NULL) {
        return error_set_errno(PyExc_OSError);
    }
    PyObject *list = list_new(0);
    for (struct if_nameindex *i = interfaces; i->if_index != 0 && list != NULL; i++) {
        PyObject *item = value_build("(Is)", i->if_index, i->if_name);
        if (item == NULL || list_append_steal(list, item) < 0) {
            clear_ref(list);
        }
    }
    if_freenameindex(interfaces);
    return list;
}

static PyObject *
module_if_nametoindex(PyObject *module, PyObject *args)
{
    const char *name;
    if (args_parse(args, "s:if_nametoindex", &name) < 0) {
        return NULL;
    }
    unsigned index = if_nametoindex(name);
    return index == 0 ? error_set(PyExc_OSError, "no interface with this name")
                      : int_from_u64(index);
}

static PyObject *
module_if_indextoname(PyObject *module, PyObject *arg)
{
    char name[IF_NAMESIZE + 1];
    int64_t index = int_as_i64(arg);
    if (index == -1 && error_occurred()) {
        return NULL;
    }
    return index >= 0 && index <= UINT32_MAX && if_indextoname((unsigned)index, name) != NULL
               ? str_from_cstr(name) : error_set_errno(PyExc_OSError);
}

static PyObject *
message_space(PyObject *arg, bool padded, const char *message)
{
    int64_t length = int_as_i64(arg);
    if (length == -1 && error_occurred()) {
        return NULL;
    }
    if (length < 0 || length > INT32_MAX - 64) {
        return error_set(PyExc_OverflowError, message);
    }
    return int_from_u64(padded ? CMSG_SPACE((size_t)length) : CMSG_LEN((size_t)length));
}

static PyObject *
module_CMSG_LEN(PyObject *module, PyObject *arg)
{
    return message_space(arg, false, "CMSG_LEN() argument out of range");
}

static PyObject *
module_CMSG_SPACE(PyObject *module, PyObject *arg)
{
    return message_space(arg, true, "CMSG_SPACE() argument out of range");
}

static PyMethodDef socket_module_methods[] = {
    {"gethostbyname", module_gethostbyname, METH_VARARGS, "gethostbyname(host) -> address"},
    {"gethostbyname_ex", module_gethostbyname_ex, METH_VARARGS,
     "gethostbyname_ex(host) -> (name, aliaslist, addresslist)"},
    {"gethostbyaddr", module_gethostbyaddr, METH_VARARGS,
     "gethostbyaddr(host) -> (name, aliaslist, addresslist)"},
    {"gethostname", module_gethostname, METH_NOARGS, "gethostname() -> string"},
    {"getservbyname", module_getservbyname, METH_VARARGS,
     "getservbyname(servicename[, protocolname]) -> integer"},
    {"getservbyport", module_getservbyport, METH_VARARGS,
     "getservbyport(port[, protocolname]) -> string"},
    {"getprotobyname", module_getprotobyname, METH_VARARGS, "getprotobyname(name) -> integer"},
    {"getaddrinfo", (PyCFunction)(void (*)(void))module_getaddrinfo, METH_VARARGS | METH_KEYWORDS,
     "getaddrinfo(host, port [, family, type, proto, flags])\n    -> list of (family, type, "
     "proto, canonname, sockaddr)"},
    {"getnameinfo", module_getnameinfo, METH_VARARGS,
     "getnameinfo(sockaddr, flags) --> (host, port)"},
    {"htons", module_htons, METH_O, "htons($module, x, /)\n--\n\n"},
    {"htonl", module_htonl, METH_O, "htonl(integer) -> integer"},
    {"ntohs", module_ntohs, METH_O, "ntohs($module, x, /)\n--\n\n"},
    {"ntohl", module_ntohl, METH_O, "ntohl(integer) -> integer"},
    {"inet_aton", module_inet_aton, METH_VARARGS, "inet_aton(string) -> bytes"},
    {"inet_ntoa", module_inet_ntoa, METH_VARARGS, "inet_ntoa(packed_ip) -> ip_address_string"},
    {"inet_pton", module_inet_pton, METH_VARARGS, "inet_pton(af, ip) -> packed IP address string"},
    {"inet_ntop", module_inet_ntop, METH_VARARGS,
     "inet_ntop(af, packed_ip) -> string formatted IP address"},
    {"socketpair", module_socketpair, METH_VARARGS,
     "socketpair([family[, type [, proto]]]) -> (socket object, socket object)"},
    {"dup", module_dup, METH_O, "dup(integer) -> integer"},
    {"close", module_close, METH_O, "close(integer) -> None\n\nClose an integer socket file "
     "descriptor."},
    {"getdefaulttimeout", module_getdefaulttimeout, METH_NOARGS, "getdefaulttimeout() -> timeout"},
    {"setdefaulttimeout", module_setdefaulttimeout, METH_O, "setdefaulttimeout(timeout)"},
    {"if_nameindex", module_if_nameindex, METH_NOARGS, "if_nameindex()\n\nReturns a list of "
     "network interface information (index, name) tuples."},
    {"if_nametoindex", module_if_nametoindex, METH_VARARGS, "if_nametoindex(if_name)"},
    {"if_indextoname", module_if_indextoname, METH_O, "if_indextoname(if_index)"},
    {"CMSG_LEN", module_CMSG_LEN, METH_O, "CMSG_LEN(length) -> control message length"},
    {"CMSG_SPACE", module_CMSG_SPACE, METH_O, "CMSG_SPACE(length) -> buffer size"},
    {NULL, NULL, 0, NULL},
};

static int
socket_exec(PyObject *module)
{
    state = module_get_state(module);
    state->default_timeout = -1;
    state->gaierror = error_new_exception("socket.gaierror", PyExc_OSError, NULL);
    state->herror = error_new_exception("socket.herror", PyExc_OSError, NULL);
    if (state->gaierror == NULL || state->herror == NULL
        || module_add(module, "error", PyExc_OSError) < 0
        || module_add(module, "timeout", PyExc_TimeoutError) < 0
        || module_add(module, "gaierror", state->gaierror) < 0
        || module_add(module, "herror", state->herror) < 0
        || module_add_type(module, &socket_type) < 0
        || module_add(module, "SocketType", (PyObject *)&socket_type) < 0
        || module_add(module, "has_ipv6", Py_True) < 0) {
        return -1;
    }
    return socket_add_constants(module);
}

static PyModuleDef_Slot socket_slots[] = {
    {Py_mod_exec, socket_exec},
    {0, NULL},
};

static PyModuleDef socket_definition = {
    .m_name = "_socket",
    .m_doc = "Implementation module for socket operations.\n\n"
             "See the socket module for documentation.",
    .m_size = sizeof(SocketState),
    .m_methods = socket_module_methods,
    .m_slots = socket_slots,
};

NATIVE_MODULE(_socket, &socket_definition)

// _socket: names and numbers: hosts, services, protocols, interfaces, byte orders.
//
// Threading: the reentrant functions of the C library, detached.
#include "modules/socket_internal.h"

#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memory/alloc.h"
#include "objects/buffer.h"
#include "objects/build.h"
#include "objects/bytes.h"
#include "objects/int.h"
#include "objects/list.h"
#include "objects/number.h"
#include "objects/object.h"
#include "objects/str.h"
#include "objects/tuple.h"
#include "runtime/sys.h"

// Room for an answer of the databases; they tell when it is too small.
#define FIRST_ANSWER 4096
#define LARGEST_ANSWER (1u << 24)

// ---- hosts ----

static PyObject *
socket_gethostname(PyObject *module, PyObject *unused)
{
    char name[HOST_NAME_MAX + 1];
    int failed;
    if (sys_audit("socket.gethostname", "") < 0) {
        return NULL;
    }
    POSIX_DETACHED(failed = gethostname(name, sizeof name));
    if (failed < 0) {
        return posix_error();
    }
    name[sizeof name - 1] = '\0';
    return str_decode_fsdefault(name);
}

static PyObject *
socket_sethostname(PyObject *module, PyObject *arg)
{
    PyObject *name = NULL;
    if (bytes_check(arg)) {
        name = new_ref(arg);
    }
    else if (!str_fs_converter(arg, &name)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("socket.sethostname", "(O)", arg) == 0) {
        result = posix_none_or_error(sethostname(bytes_data(name), (size_t)bytes_length(name)));
    }
    decref(name);
    return result;
}

// The host argument of a function: name and its holder. False with an exception.
static bool
host_argument(PyObject *arg, const char *function, const char **name, PyObject **holder)
{
    if (socket_host_argument(arg, name, holder)) {
        return true;
    }
    if (error_matches(PyExc_TypeError) && !str_check(arg) && !bytes_check(arg)) {
        args_bad_argument(function, "argument 1", "str, bytes or bytearray", arg);
    }
    return false;
}

static PyObject *
socket_gethostbyname(PyObject *module, PyObject *arg)
{
    const char *name;
    PyObject *holder;
    SocketAddress address;
    if (!host_argument(arg, "gethostbyname", &name, &holder)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("socket.gethostbyname", "O", arg) == 0
        && socket_resolve(name, &address, AF_INET) >= 0) {
        result = socket_ip_text(&address.any);
    }
    decref(holder);
    return result;
}

static void *
host_error(int code)
{
    PyObject *value = value_build("(is)", code, hstrerror(code));
    if (value != NULL) {
        error_set_object(socket_state.herror, value);
        decref(value);
    }
    return NULL;
}

static PyObject *
address_text(int family, const char *bits)
{
    char text[INET6_ADDRSTRLEN + 1];
    if (inet_ntop(family, bits, text, sizeof text) == NULL) {
        return posix_error();
    }
    return str_from_cstr(text);
}

// List of strings, or of addresses of a family.
static PyObject *
text_list(char **items, int family)
{
    PyObject *result = list_new(0);
    for (; result != NULL && items != NULL && *items != NULL; items++) {
        PyObject *text = family < 0 ? str_decode_fsdefault(*items) : address_text(family, *items);
        if (text == NULL || list_append_steal(result, text) < 0) {
            clear_ref(result);
        }
    }
    return result;
}

// (name, aliases, addresses)
static PyObject *
host_object(const struct hostent *host, int family)
{
    if (host->h_addrtype != family) {
        errno = EAFNOSUPPORT;
        return posix_error();
    }
    PyObject *name = str_decode_fsdefault(host->h_name);
    PyObject *aliases = name != NULL ? text_list(host->h_aliases, -1) : NULL;
    PyObject *addresses = aliases != NULL ? text_list(host->h_addr_list, family) : NULL;
    if (addresses == NULL) {
        xdecref(name);
        xdecref(aliases);
        return NULL;
    }
    return value_build("(NNN)", name, aliases, addresses);
}

// Asks for a host by name, or by address when name is NULL.
static PyObject *
ask_host(const char *name, const void *bits, socklen_t size, int family)
{
    size_t room = FIRST_ANSWER;
    char *buffer = NULL;
    for (;;) {
        char *larger = mem_realloc(buffer, room);
        if (larger == NULL) {
            mem_free(buffer);
            return error_no_memory();
        }
        buffer = larger;
        struct hostent storage;
        struct hostent *host = NULL;
        int code = 0;
        int error;
        POSIX_DETACHED(error = name != NULL
                                   ? gethostbyname_r(name, &storage, buffer, room, &host, &code)
                                   : gethostbyaddr_r(bits, size, family, &storage, buffer, room,
                                                     &host, &code));
        if (error == ERANGE && room < LARGEST_ANSWER) {
            room *= 2;
            continue;
        }
        PyObject *result = host != NULL ? host_object(host, family) : host_error(code);
        mem_free(buffer);
        return result;
    }
}

static PyObject *
socket_gethostbyname_ex(PyObject *module, PyObject *arg)
{
    const char *name;
    PyObject *holder;
    SocketAddress address;
    if (!host_argument(arg, "gethostbyname_ex", &name, &holder)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (sys_audit("socket.gethostbyname", "O", arg) == 0
        && socket_resolve(name, &address, AF_INET) >= 0) {
        result = ask_host(name, NULL, 0, AF_INET);
    }
    decref(holder);
    return result;
}

static PyObject *
socket_gethostbyaddr(PyObject *module, PyObject *arg)
{
    const char *name;
    PyObject *holder;
    SocketAddress address;
    if (!host_argument(arg, "gethostbyaddr", &name, &holder)) {
        return NULL;
    }
    PyObject *result = NULL;
    int size = -1;
    if (sys_audit("socket.gethostbyaddr", "O", arg) == 0) {
        size = socket_resolve(name, &address, AF_UNSPEC);
    }
    decref(holder);
    if (size > 0) {
        int family = address.any.sa_family;
        const void *bits = family == AF_INET ? (const void *)&address.in.sin_addr
                                             : (const void *)&address.in6.sin6_addr;
        result = ask_host(NULL, bits, (socklen_t)size, family);
    }
    return result;
}

// ---- getaddrinfo, getnameinfo ----

// A host or port as C text; *holder (owned by the caller) keeps it. False with an exception.
static bool
info_host(PyObject *arg, const char **text, PyObject **holder)
{
    *text = NULL;
    *holder = NULL;
    if (arg == Py_None) {
        return true;
    }
    if (str_check(arg)) {
        *holder = str_encode(arg, "idna", NULL);
    }
    else if (bytes_check(arg)) {
        *holder = new_ref(arg);
    }
    else {
        error_set(PyExc_TypeError, "getaddrinfo() argument 1 must be string or None");
    }
    if (*holder != NULL) {
        *text = bytes_data(*holder);
    }
    return *holder != NULL;
}

static bool
info_port(PyObject *arg, const char **text, PyObject **holder)
{
    *text = NULL;
    *holder = NULL;
    if (arg == Py_None) {
        return true;
    }
    if (int_check(arg)) {
        *holder = object_str(arg);
    }
    else if (str_check(arg) || bytes_check(arg)) {
        *holder = new_ref(arg);
    }
    else {
        error_set(PyExc_OSError, "Int or String expected");
    }
    if (*holder != NULL) {
        *text = str_check(*holder) ? str_as_utf8(*holder) : bytes_data(*holder);
    }
    return *text != NULL;
}

static PyObject *
info_list(const struct addrinfo *info)
{
    PyObject *result = list_new(0);
    for (; result != NULL && info != NULL; info = info->ai_next) {
        PyObject *address = socket_address_object((const SocketAddress *)info->ai_addr,
                                                  info->ai_addrlen, -1);
        PyObject *item = NULL;
        if (address != NULL) {
            item = value_build("(iiisN)", info->ai_family, info->ai_socktype, info->ai_protocol,
                               info->ai_canonname != NULL ? info->ai_canonname : "", address);
        }
        if (item == NULL || list_append_steal(result, item) < 0) {
            clear_ref(result);
        }
    }
    return result;
}

static PyObject *
socket_getaddrinfo(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const keywords[] = {"host", "port", "family", "type", "proto", "flags",
                                           NULL};
    static ArgsParser parser = {.format = "OO|iiii:getaddrinfo", .keywords = keywords};
    PyObject *host, *port;
    struct addrinfo hints = {0};
    if (!args_parse_stack_keywords(args, nargs, kwnames, &parser, &host, &port, &hints.ai_family,
                                   &hints.ai_socktype, &hints.ai_protocol, &hints.ai_flags)) {
        return NULL;
    }
    const char *host_text;
    const char *port_text;
    PyObject *host_holder = NULL;
    PyObject *port_holder = NULL;
    PyObject *result = NULL;
    struct addrinfo *list = NULL;
    if (!info_host(host, &host_text, &host_holder) || !info_port(port, &port_text, &port_holder)
        || sys_audit("socket.getaddrinfo", "OOiii", host, port, hints.ai_family,
                     hints.ai_socktype, hints.ai_protocol) < 0) {
        goto done;
    }
    int code;
    POSIX_DETACHED(code = getaddrinfo(host_text, port_text, &hints, &list));
    result = code != 0 ? socket_gaierror(code) : info_list(list);
    if (code == 0) {
        freeaddrinfo(list);
    }
done:
    xdecref(host_holder);
    xdecref(port_holder);
    return result;
}

// Name and service of an address that getaddrinfo has made from the tuple.
static PyObject *
name_of_info(struct addrinfo *info, PyObject *tuple, unsigned int flow, unsigned int scope,
             int flags)
{
    char host[NI_MAXHOST + 1];
    char service[NI_MAXSERV + 1];
    if (info->ai_next != NULL) {
        return error_set(PyExc_OSError, "sockaddr resolved to multiple addresses");
    }
    if (info->ai_family == AF_INET && tuple_size(tuple) != 2) {
        return error_set(PyExc_OSError, "IPv4 sockaddr must be 2 tuple");
    }
    if (info->ai_family == AF_INET6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)info->ai_addr;
        in6->sin6_flowinfo = htonl(flow);
        in6->sin6_scope_id = scope;
    }
    int code;
    POSIX_DETACHED(code = getnameinfo(info->ai_addr, info->ai_addrlen, host, sizeof host, service,
                                      sizeof service, flags));
    if (code != 0) {
        return socket_gaierror(code);
    }
    PyObject *name = str_decode_fsdefault(host);
    return name != NULL ? value_build("(Ns)", name, service) : NULL;
}

static PyObject *
socket_getnameinfo(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *tuple;
    const char *host;
    int flags, port;
    unsigned int flow = 0;
    unsigned int scope = 0;
    if (!args_parse_stack(args, nargs, "Oi:getnameinfo", &tuple, &flags)) {
        return NULL;
    }
    if (!tuple_check(tuple)) {
        return error_set(PyExc_TypeError, "getnameinfo() argument 1 must be a tuple");
    }
    if (!args_parse(tuple, "si|II;getnameinfo(): illegal sockaddr argument", &host, &port, &flow,
                    &scope)) {
        return NULL;
    }
    if (flow > 0xfffff) {
        return error_set(PyExc_OverflowError, "getnameinfo(): flowinfo must be 0-1048575.");
    }
    if (sys_audit("socket.getnameinfo", "(O)", tuple) < 0) {
        return NULL;
    }
    char port_text[16];
    snprintf(port_text, sizeof port_text, "%d", port);
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *list = NULL;
    int code;
    POSIX_DETACHED(code = getaddrinfo(host, port_text, &hints, &list));
    if (code != 0) {
        return socket_gaierror(code);
    }
    PyObject *result = name_of_info(list, tuple, flow, scope, flags);
    freeaddrinfo(list);
    return result;
}

// ---- services and protocols ----

static PyObject *
socket_getservbyname(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    const char *name;
    const char *proto = NULL;
    if (!args_parse_stack(args, nargs, "s|s:getservbyname", &name, &proto)
        || sys_audit("socket.getservbyname", "ss", name, proto != NULL ? proto : "") < 0) {
        return NULL;
    }
    char buffer[FIRST_ANSWER];
    struct servent storage;
    struct servent *entry = NULL;
    POSIX_DETACHED(getservbyname_r(name, proto, &storage, buffer, sizeof buffer, &entry));
    if (entry == NULL) {
        return error_set(PyExc_OSError, "service/proto not found");
    }
    return int_from_i64(ntohs((uint16_t)entry->s_port));
}

static PyObject *
socket_getservbyport(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int port;
    const char *proto = NULL;
    if (!args_parse_stack(args, nargs, "i|s:getservbyport", &port, &proto)) {
        return NULL;
    }
    if (port < 0 || port > 0xffff) {
        return error_set(PyExc_OverflowError, "getservbyport: port must be 0-65535.");
    }
    if (sys_audit("socket.getservbyport", "is", port, proto != NULL ? proto : "") < 0) {
        return NULL;
    }
    char buffer[FIRST_ANSWER];
    struct servent storage;
    struct servent *entry = NULL;
    POSIX_DETACHED(getservbyport_r(htons((uint16_t)port), proto, &storage, buffer, sizeof buffer,
                                   &entry));
    if (entry == NULL) {
        return error_set(PyExc_OSError, "port/proto not found");
    }
    return str_from_cstr(entry->s_name);
}

static PyObject *
socket_getprotobyname(PyObject *module, PyObject *arg)
{
    const char *name;
    if (!args_parse_one(arg, "s:getprotobyname", &name)) {
        return NULL;
    }
    char buffer[FIRST_ANSWER];
    struct protoent storage;
    struct protoent *entry = NULL;
    POSIX_DETACHED(getprotobyname_r(name, &storage, buffer, sizeof buffer, &entry));
    if (entry == NULL) {
        return error_set(PyExc_OSError, "protocol not found");
    }
    return int_from_i64(entry->p_proto);
}

// ---- byte order ----

// An unsigned number of at most `largest`, which is the C type of messages. False with an exception.
static bool
unsigned_argument(PyObject *arg, uint64_t largest, const char *type, uint64_t *value)
{
    PyObject *number = number_index(arg);
    if (number == NULL) {
        return false;
    }
    if (int_is_negative(number)) {
        decref(number);
        error_set(PyExc_ValueError, "Cannot convert negative int");
        return false;
    }
    *value = int_as_u64(number);
    decref(number);
    bool overflow = *value == UINT64_MAX && error_clear_if(PyExc_OverflowError);
    if (overflow || *value > largest) {
        error_format(PyExc_OverflowError, "Python int too large for C %s", type);
        return false;
    }
    return true;
}

static bool
short_argument(PyObject *arg, uint16_t *value)
{
    uint64_t number;
    bool good = unsigned_argument(arg, UINT16_MAX, "uint16_t", &number);
    *value = good ? (uint16_t)number : 0;
    return good;
}

static bool
long_argument(PyObject *arg, uint32_t *value)
{
    uint64_t number;
    bool good = unsigned_argument(arg, UINT32_MAX, "uint32_t", &number);
    *value = good ? (uint32_t)number : 0;
    return good;
}

static PyObject *
socket_htons(PyObject *module, PyObject *arg)
{
    uint16_t value;
    return short_argument(arg, &value) ? int_from_i64(htons(value)) : NULL;
}

static PyObject *
socket_ntohs(PyObject *module, PyObject *arg)
{
    uint16_t value;
    return short_argument(arg, &value) ? int_from_i64(ntohs(value)) : NULL;
}

static PyObject *
socket_htonl(PyObject *module, PyObject *arg)
{
    uint32_t value;
    return long_argument(arg, &value) ? int_from_u64(htonl(value)) : NULL;
}

static PyObject *
socket_ntohl(PyObject *module, PyObject *arg)
{
    uint32_t value;
    return long_argument(arg, &value) ? int_from_u64(ntohl(value)) : NULL;
}

// ---- packed addresses ----

static PyObject *
socket_inet_aton(PyObject *module, PyObject *arg)
{
    const char *text;
    struct in_addr bits;
    if (!args_parse_one(arg, "s:inet_aton", &text)) {
        return NULL;
    }
    if (inet_aton(text, &bits) == 0) {
        return error_set(PyExc_OSError, "illegal IP address string passed to inet_aton");
    }
    return bytes_from_data((const char *)&bits, sizeof bits);
}

static PyObject *
socket_inet_ntoa(PyObject *module, PyObject *arg)
{
    Py_buffer view;
    struct in_addr bits;
    if (!args_parse_one(arg, "y*:inet_ntoa", &view)) {
        return NULL;
    }
    bool fits = view.len == sizeof bits;
    if (fits) {
        memcpy(&bits, view.buf, sizeof bits);
    }
    buffer_release(&view);
    return fits ? address_text(AF_INET, (const char *)&bits)
                : error_set(PyExc_OSError, "packed IP wrong length for inet_ntoa");
}

static PyObject *
socket_inet_pton(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int family;
    const char *text;
    char bits[sizeof(struct in6_addr)];
    if (!args_parse_stack(args, nargs, "is:inet_pton", &family, &text)) {
        return NULL;
    }
    int status = inet_pton(family, text, bits);
    if (status < 0) {
        return posix_error();
    }
    if (status == 0) {
        return error_set(PyExc_OSError, "illegal IP address string passed to inet_pton");
    }
    return bytes_from_data(bits, family == AF_INET ? (Py_ssize_t)sizeof(struct in_addr)
                                                   : (Py_ssize_t)sizeof(struct in6_addr));
}

static PyObject *
socket_inet_ntop(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int family;
    Py_buffer view;
    PyObject *result = NULL;
    if (!args_parse_stack(args, nargs, "iy*:inet_ntop", &family, &view)) {
        return NULL;
    }
    if (family != AF_INET && family != AF_INET6) {
        error_format(PyExc_ValueError, "unknown address family %d", family);
    }
    else if (view.len != (family == AF_INET ? 4 : 16)) {
        error_set(PyExc_ValueError, "invalid length of packed IP address string");
    }
    else {
        result = address_text(family, view.buf);
    }
    buffer_release(&view);
    return result;
}

// ---- interfaces ----

static PyObject *
socket_if_nameindex(PyObject *module, PyObject *unused)
{
    struct if_nameindex *table;
    POSIX_DETACHED(table = if_nameindex());
    if (table == NULL) {
        return posix_error();
    }
    PyObject *result = list_new(0);
    for (struct if_nameindex *entry = table;
         result != NULL && (entry->if_index != 0 || entry->if_name != NULL); entry++) {
        PyObject *name = str_decode_fsdefault(entry->if_name);
        PyObject *item = name != NULL ? value_build("(IN)", entry->if_index, name) : NULL;
        if (item == NULL || list_append_steal(result, item) < 0) {
            clear_ref(result);
        }
    }
    if_freenameindex(table);
    return result;
}

static PyObject *
socket_if_nametoindex(PyObject *module, PyObject *arg)
{
    PyObject *name = NULL;
    if (!str_fs_converter(arg, &name)) {
        return NULL;
    }
    unsigned int index = if_nametoindex(bytes_data(name));
    decref(name);
    return index == 0 ? posix_error() : int_from_u64(index);
}

static PyObject *
socket_if_indextoname(PyObject *module, PyObject *arg)
{
    uint64_t index;
    if (!unsigned_argument(arg, UINT_MAX, "unsigned int", &index)) {
        return NULL;
    }
    char name[IF_NAMESIZE + 1];
    return if_indextoname((unsigned int)index, name) == NULL ? posix_error()
                                                             : str_decode_fsdefault(name);
}

PyMethodDef socket_names_methods[] = {
    {"gethostbyname", socket_gethostbyname, METH_O,
     "gethostbyname(host) -> address\n\nThe IPv4 address of a host."},
    {"gethostbyname_ex", socket_gethostbyname_ex, METH_O,
     "gethostbyname_ex(host) -> (name, aliaslist, addresslist)\n\n"
     "Names and IPv4 addresses of a host."},
    {"gethostbyaddr", socket_gethostbyaddr, METH_O,
     "gethostbyaddr(host) -> (name, aliaslist, addresslist)\n\n"
     "Names and addresses of the host with an address."},
    {"gethostname", socket_gethostname, METH_NOARGS,
     "gethostname() -> string\n\nName of this host."},
    {"sethostname", socket_sethostname, METH_O, "sethostname(name)\n\nSet the name of this host."},
    {"getservbyname", FAST(socket_getservbyname),
     "getservbyname(servicename[, protocolname]) -> integer\n\nPort of a service."},
    {"getservbyport", FAST(socket_getservbyport),
     "getservbyport(port[, protocolname]) -> string\n\nService of a port."},
    {"getprotobyname", socket_getprotobyname, METH_O,
     "getprotobyname(name) -> integer\n\nNumber of a protocol."},
    {"getaddrinfo", KEYWORDS(socket_getaddrinfo),
     "getaddrinfo(host, port [, family, type, proto, flags])\n"
     "    -> list of (family, type, proto, canonname, sockaddr)\n\n"
     "All addresses of a host and service."},
    {"getnameinfo", FAST(socket_getnameinfo),
     "getnameinfo(sockaddr, flags) --> (host, port)\n\nNames of an address."},
    {"ntohs", socket_ntohs, METH_O,
     "ntohs($module, x, /)\n--\n\n16 bits from network to host byte order."},
    {"ntohl", socket_ntohl, METH_O,
     "ntohl(integer) -> integer\n\n32 bits from network to host byte order."},
    {"htons", socket_htons, METH_O,
     "htons($module, x, /)\n--\n\n16 bits from host to network byte order."},
    {"htonl", socket_htonl, METH_O,
     "htonl(integer) -> integer\n\n32 bits from host to network byte order."},
    {"inet_aton", socket_inet_aton, METH_O,
     "inet_aton($module, ip_addr, /)\n--\n\nAn IPv4 address as four bytes."},
    {"inet_ntoa", socket_inet_ntoa, METH_O,
     "inet_ntoa($module, packed_ip, /)\n--\n\nText of an IPv4 address of four bytes."},
    {"inet_pton", FAST(socket_inet_pton),
     "inet_pton(af, ip) -> packed IP address string\n\nAn address as bytes."},
    {"inet_ntop", FAST(socket_inet_ntop),
     "inet_ntop(af, packed_ip) -> string formatted IP address\n\nText of an address in bytes."},
    {"if_nameindex", socket_if_nameindex, METH_NOARGS,
     "if_nameindex()\n\nList of pairs of the interfaces' indices and names."},
    {"if_nametoindex", socket_if_nametoindex, METH_O,
     "if_nametoindex($module, oname, /)\n--\n\nIndex of an interface."},
    {"if_indextoname", socket_if_indextoname, METH_O,
     "if_indextoname(if_index)\n\nName of an interface."},
    {NULL, NULL, 0, NULL},
};

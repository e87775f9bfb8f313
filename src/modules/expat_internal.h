// What the two halves of the `pyexpat` module share: the parser object and its handlers.
//
// Threading: a parser works for one thread at a time (`user`); another one gets RuntimeError.
#ifndef TYPHON_MODULES_EXPAT_INTERNAL_H
#define TYPHON_MODULES_EXPAT_INTERNAL_H

#include <stdbool.h>

#define XML_DTD 1       // as the library was built: declares its protections
#include <expat.h>

#include "abi/object.h"

// Handlers: X(enumerator, attribute).
#define EXPAT_HANDLERS(X)                                                                       \
    X(HANDLE_START_ELEMENT, "StartElementHandler")                                              \
    X(HANDLE_END_ELEMENT, "EndElementHandler")                                                  \
    X(HANDLE_INSTRUCTION, "ProcessingInstructionHandler")                                       \
    X(HANDLE_TEXT, "CharacterDataHandler")                                                      \
    X(HANDLE_UNPARSED_ENTITY, "UnparsedEntityDeclHandler")                                      \
    X(HANDLE_NOTATION, "NotationDeclHandler")                                                   \
    X(HANDLE_START_NAMESPACE, "StartNamespaceDeclHandler")                                      \
    X(HANDLE_END_NAMESPACE, "EndNamespaceDeclHandler")                                          \
    X(HANDLE_COMMENT, "CommentHandler")                                                         \
    X(HANDLE_START_CDATA, "StartCdataSectionHandler")                                           \
    X(HANDLE_END_CDATA, "EndCdataSectionHandler")                                               \
    X(HANDLE_DEFAULT, "DefaultHandler")                                                         \
    X(HANDLE_DEFAULT_EXPAND, "DefaultHandlerExpand")                                            \
    X(HANDLE_NOT_STANDALONE, "NotStandaloneHandler")                                            \
    X(HANDLE_EXTERNAL_ENTITY, "ExternalEntityRefHandler")                                       \
    X(HANDLE_START_DOCTYPE, "StartDoctypeDeclHandler")                                          \
    X(HANDLE_END_DOCTYPE, "EndDoctypeDeclHandler")                                              \
    X(HANDLE_ENTITY, "EntityDeclHandler")                                                       \
    X(HANDLE_XML_DECL, "XmlDeclHandler")                                                        \
    X(HANDLE_ELEMENT, "ElementDeclHandler")                                                     \
    X(HANDLE_ATTLIST, "AttlistDeclHandler")                                                     \
    X(HANDLE_SKIPPED_ENTITY, "SkippedEntityHandler")

typedef enum {
#define EXPAT_ENUMERATOR(name, attribute) name,
    EXPAT_HANDLERS(EXPAT_ENUMERATOR)
#undef EXPAT_ENUMERATOR
    HANDLER_COUNT
} Handler;

typedef struct {
    PyObject ob_base;
    uintptr_t user;             // atomic: thread that works with it, 0: none
    // All that follows belongs to the user.
    XML_Parser parser;
    PyObject *parent;           // parser that this one continues, or NULL
    PyObject *error;            // immutable: ExpatError
    PyObject *intern;           // dict of names, or NULL
    bool ordered_attributes;
    bool specified_attributes;
    bool namespace_prefixes;
    bool parsing;               // within XML_Parse
    char *text;                 // collected text when buffer_text is on, else NULL
    int text_size;              // its capacity, also while there is none
    int text_used;
    PyObject *handlers[HANDLER_COUNT];  // or NULL
} Parser;

// Registers with expat what handlers[which] asks for (or takes it back).
void expat_connect(Parser *self, Handler which);
void expat_connect_all(Parser *self);
// Gives collected text to the handler. 0 or -1.
int expat_flush_text(Parser *self);
int expat_call_text_handler(Parser *self, const char *data, int size);

#endif

// Position of a node or token in the source: lines from 1, columns in UTF-8 bytes from 0.
// end_* is exclusive. Plain data.
#ifndef TYPHON_SYNTAX_SPAN_H
#define TYPHON_SYNTAX_SPAN_H

typedef struct {
    int lineno;
    int col_offset;
    int end_lineno;
    int end_col_offset;
} Span;

#endif

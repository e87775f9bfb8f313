// The JSON scanner for one width of characters: included by json_scan.c with CHAR (the type of
// characters) and NAME(x) (a name with the width in it) defined.
//
// All functions start at an index of the text and store in *end where they stopped. Errors are
// positions in the text, raised as JSONDecodeError; StopIteration(i) says that there is no value
// at i.

static inline Py_ssize_t
NAME(skip_blanks)(const Scan *scan, Py_ssize_t i)
{
    const CHAR *text = scan->text;
    while (i < scan->length
           && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t')) {
        i++;
    }
    return i;
}

// ---- strings ----

// The first quote, backslash or (strict) control character from i on, or the length.
static inline Py_ssize_t
NAME(find_special)(const CHAR *text, Py_ssize_t i, Py_ssize_t n, bool strict)
{
    for (;;) {
        while (sizeof(CHAR) == 1 && n - i >= 8 && !json_word_is_special(json_load_word(text + i))) {
            i += 8;
        }
        Py_ssize_t stop = sizeof(CHAR) == 1 && n - i > 8 ? i + 8 : n;
        for (; i < stop; i++) {
            if (text[i] == '"' || text[i] == '\\' || (text[i] < 0x20 && strict)) {
                return i;
            }
        }
        if (i == n) {
            return n;
        }
    }
}

static PyObject *
NAME(make_str)(const Scan *scan, const CHAR *start, Py_ssize_t n)
{
    if (scan->is_ascii) {
        return str_from_ascii((const char *)start, n);
    }
    return str_from_kind_and_data((int)sizeof(CHAR), start, n);
}

// The number that four hexadecimal digits at i stand for, or -1.
static long
NAME(four_digits)(const Scan *scan, Py_ssize_t i)
{
    const CHAR *text = scan->text;
    long value = 0;
    if (scan->length - i < 4) {
        return -1;
    }
    for (Py_ssize_t stop = i + 4; i < stop; i++) {
        int digit = text[i] >= '0' && text[i] <= '9' ? (int)(text[i] - '0')
                    : text[i] >= 'a' && text[i] <= 'f' ? (int)(text[i] - 'a') + 10
                    : text[i] >= 'A' && text[i] <= 'F' ? (int)(text[i] - 'A') + 10 : -1;
        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

// The character of \uXXXX, or of a pair of them, whose digits start at i. -1 with an exception.
static Py_ssize_t
NAME(read_unicode_escape)(Scan *scan, Py_ssize_t i, StrWriter *w)
{
    const CHAR *text = scan->text;
    long ch = NAME(four_digits)(scan, i);
    if (ch < 0) {
        return scan_error("Invalid \\uXXXX escape", scan, i - 1);
    }
    i += 4;
    if (ch >= 0xd800 && ch < 0xdc00 && scan->length - i >= 2 && text[i] == '\\'
        && text[i + 1] == 'u') {
        long low = NAME(four_digits)(scan, i + 2);
        if (low < 0) {
            return scan_error("Invalid \\uXXXX escape", scan, i + 1);
        }
        if (low >= 0xdc00 && low < 0xe000) {
            ch = 0x10000 + ((ch - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
        }
    }
    return str_writer_char(w, (Py_UCS4)ch) < 0 ? -1 : i;
}

// Writes what the escape whose backslash is at i stands for: the index behind it, or -1.
static Py_ssize_t
NAME(read_escape)(Scan *scan, Py_ssize_t i, Py_ssize_t begin, StrWriter *w)
{
    const CHAR *text = scan->text;
    if (i + 1 >= scan->length) {
        return scan_error("Unterminated string starting at", scan, begin);
    }
    Py_UCS4 ch = text[i + 1];
    switch (ch) {
    case 'u':
        return NAME(read_unicode_escape)(scan, i + 2, w);
    case '"':
    case '\\':
    case '/':
        break;
    case 'b':
        ch = '\b';
        break;
    case 'f':
        ch = '\f';
        break;
    case 'n':
        ch = '\n';
        break;
    case 'r':
        ch = '\r';
        break;
    case 't':
        ch = '\t';
        break;
    default:
        return scan_error("Invalid \\escape", scan, i);
    }
    return str_writer_char(w, ch) < 0 ? -1 : i + 2;
}

// The string whose first character is at start, with a special character that is no quote at i.
static PyObject *
NAME(read_escaped_string)(Scan *scan, Py_ssize_t start, Py_ssize_t i, Py_ssize_t *end)
{
    const CHAR *text = scan->text;
    Py_ssize_t begin = start - 1;
    StrWriter w;
    str_writer_init(&w);
    for (;;) {
        if (i >= scan->length) {
            scan_error("Unterminated string starting at", scan, begin);
            break;
        }
        if (i > start && str_writer_data(&w, (int)sizeof(CHAR), text + start, i - start) < 0) {
            break;
        }
        if (text[i] == '"') {
            *end = i + 1;
            return str_writer_finish(&w);
        }
        if (text[i] != '\\') {
            scan_error("Invalid control character at", scan, i);
            break;
        }
        start = NAME(read_escape)(scan, i, begin, &w);
        if (start < 0) {
            break;
        }
        i = NAME(find_special)(text, start, scan->length, scan->strict);
    }
    str_writer_discard(&w);
    return NULL;
}

static PyObject *
NAME(read_string)(Scan *scan, Py_ssize_t start, Py_ssize_t *end)
{
    const CHAR *text = scan->text;
    Py_ssize_t i = NAME(find_special)(text, start, scan->length, scan->strict);
    if (i < scan->length && text[i] == '"') {
        *end = i + 1;
        return NAME(make_str)(scan, text + start, i - start);
    }
    return NAME(read_escaped_string)(scan, start, i, end);
}

// ---- keys ----

static inline bool
NAME(key_matches)(PyObject *key, const CHAR *start, Py_ssize_t n)
{
    if (str_length(key) != n || str_kind(key) != 1) {
        return false;
    }
    const Py_UCS1 *data = str_data(key);
    if (sizeof(CHAR) == 1) {
        return memcmp(data, start, (size_t)n) == 0;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (data[i] != start[i]) {
            return false;
        }
    }
    return true;
}

// The string at start as a key of an object: equal keys of a document are one object.
static PyObject *
NAME(read_key)(Scan *scan, Py_ssize_t start, Py_ssize_t *end)
{
    const CHAR *text = scan->text;
    Py_ssize_t i = NAME(find_special)(text, start, scan->length, scan->strict);
    if (i >= scan->length || text[i] != '"') {
        return share_key_steal(scan, NAME(read_escaped_string)(scan, start, i, end));
    }
    Py_ssize_t n = i - start;
    *end = i + 1;
    if (n == 0) {
        return new_ref(str_empty());
    }
    size_t mixed = (size_t)text[start] * 31 + (size_t)text[i - 1] * 17 + (size_t)text[start + n / 2] * 5
                   + (size_t)n;
    unsigned slot = (unsigned)(mixed ^ mixed >> 6) % KEY_SLOTS;
    if ((scan->keys_used >> slot & 1) == 0) {
        PyObject *key = NAME(make_str)(scan, text + start, n);
        if (key != NULL) {
            scan->keys[slot] = new_ref(key);
            scan->keys_used |= (uint64_t)1 << slot;
        }
        return key;
    }
    if (NAME(key_matches)(scan->keys[slot], text + start, n)) {
        return new_ref(scan->keys[slot]);
    }
    return share_key_steal(scan, NAME(make_str)(scan, text + start, n));
}

// ---- numbers ----

// An integer or float of text[start:stop] that is not read on the fly, or not by int and float.
static Value
NAME(convert_number)(const Scan *scan, Py_ssize_t start, Py_ssize_t stop, bool is_float)
{
    const CHAR *text = scan->text;
    PyObject *digits = str_new(stop - start, 0x7f);
    if (digits == NULL) {
        return VALUE_UNSET;
    }
    Py_UCS1 *to = str_data(digits);
    for (Py_ssize_t i = start; i < stop; i++) {
        to[i - start] = (Py_UCS1)text[i];
    }
    PyObject *parse = is_float ? scan->scanner->parse_float : scan->scanner->parse_int;
    PyObject *number = parse == (PyObject *)&PyFloat_Type ? float_from_str(digits)
                       : parse == (PyObject *)&PyLong_Type ? int_from_str(digits, 10)
                       : object_call_onearg(parse, digits);
    decref(digits);
    return number != NULL ? value_from_object_steal(number) : VALUE_UNSET;
}

// Reads digits on to *value as long as that holds them, and counts all: the index behind.
static inline Py_ssize_t
NAME(read_digits)(const Scan *scan, Py_ssize_t i, uint64_t *value, int *count)
{
    const CHAR *text = scan->text;
    Py_ssize_t start = i;
    uint64_t v = *value;
    while (i < scan->length && text[i] >= '0' && text[i] <= '9') {
        v = v * 10 + (uint64_t)(text[i] - '0');
        i++;
    }
    *value = v;
    *count = i - start > DIGITS_MAX - *count ? DIGITS_MAX + 1 : *count + (int)(i - start);
    return i;
}

// [eE][-+]?[0-9]+ at i, if there is one: the index behind it.
static Py_ssize_t
NAME(read_exponent)(const Scan *scan, Py_ssize_t i, int *exponent)
{
    const CHAR *text = scan->text;
    Py_ssize_t sign = i + 1;
    if (i >= scan->length || (text[i] != 'e' && text[i] != 'E')) {
        return i;
    }
    Py_ssize_t digits = sign < scan->length && (text[sign] == '-' || text[sign] == '+') ? sign + 1 : sign;
    uint64_t value = 0;
    int count = 0;
    Py_ssize_t stop = NAME(read_digits)(scan, digits, &value, &count);
    if (stop == digits) {
        return i;
    }
    *exponent = count > 3 ? EXPONENT_BEYOND : text[sign] == '-' ? -(int)value : (int)value;
    return stop;
}

// A number at i; StopIteration when there is none.
static Value
NAME(read_number)(Scan *scan, Py_ssize_t start, Py_ssize_t *end)
{
    const CHAR *text = scan->text;
    Py_ssize_t n = scan->length;
    bool negative = text[start] == '-';
    Py_ssize_t i = start + negative;
    uint64_t value = 0;
    int count = 0;
    if (i >= n || text[i] < '0' || text[i] > '9') {
        return no_value(start);
    }
    if (text[i] == '0') {
        i++;
    }
    else {
        i = NAME(read_digits)(scan, i, &value, &count);
    }
    Py_ssize_t fraction = i;
    if (n - i >= 2 && text[i] == '.' && text[i + 1] >= '0' && text[i + 1] <= '9') {
        i = NAME(read_digits)(scan, i + 1, &value, &count);
    }
    int scale = i > fraction ? -(int)(i - fraction - 1 < DIGITS_MAX ? i - fraction - 1 : DIGITS_MAX) : 0;
    int exponent = 0;
    *end = NAME(read_exponent)(scan, i, &exponent);
    if (*end == fraction) {
        if (count <= DIGITS_MAX && scan->scanner->parse_int == (PyObject *)&PyLong_Type) {
            return value_from_int(negative ? -(int64_t)value : (int64_t)value);
        }
        return NAME(convert_number)(scan, start, *end, false);
    }
    double number;
    if (scan->scanner->parse_float == (PyObject *)&PyFloat_Type
        && exact_double(value, count, scale, exponent, &number)) {
        return value_from_double(negative ? -number : number);
    }
    return NAME(convert_number)(scan, start, *end, true);
}

// ---- values ----

static bool
NAME(starts_with)(const Scan *scan, Py_ssize_t i, const char *word, Py_ssize_t n)
{
    const CHAR *text = scan->text;
    if (scan->length - i < n) {
        return false;
    }
    for (Py_ssize_t k = 0; k < n; k++) {
        if (text[i + k] != (unsigned char)word[k]) {
            return false;
        }
    }
    return true;
}

static Value NAME(read_array)(Scan *scan, Py_ssize_t i, Py_ssize_t *end);
static Value NAME(read_object)(Scan *scan, Py_ssize_t i, Py_ssize_t *end);

// What starts with a letter, or is a number.
static Value
NAME(read_word_or_number)(Scan *scan, Py_ssize_t i, Py_ssize_t *end)
{
    switch (((const CHAR *)scan->text)[i]) {
    case 'n':
        *end = i + 4;
        return NAME(starts_with)(scan, i, "null", 4) ? value_borrowed(Py_None) : no_value(i);
    case 't':
        *end = i + 4;
        return NAME(starts_with)(scan, i, "true", 4) ? value_borrowed(Py_True) : no_value(i);
    case 'f':
        *end = i + 5;
        return NAME(starts_with)(scan, i, "false", 5) ? value_borrowed(Py_False) : no_value(i);
    case 'N':
        *end = i + 3;
        return NAME(starts_with)(scan, i, "NaN", 3) ? call_constant(scan, "NaN") : no_value(i);
    case 'I':
        *end = i + 8;
        return NAME(starts_with)(scan, i, "Infinity", 8) ? call_constant(scan, "Infinity") : no_value(i);
    case '-':
        if (NAME(starts_with)(scan, i, "-Infinity", 9)) {
            *end = i + 9;
            return call_constant(scan, "-Infinity");
        }
        break;
    default:
        break;
    }
    return NAME(read_number)(scan, i, end);
}

// The value at i, an owned or immediate one, or VALUE_UNSET with an exception.
static Value
NAME(read_value)(Scan *scan, Py_ssize_t i, Py_ssize_t *end)
{
    if (i >= scan->length) {
        return no_value(i);
    }
    switch (((const CHAR *)scan->text)[i]) {
    case '"': {
        PyObject *string = NAME(read_string)(scan, i + 1, end);
        return string != NULL ? value_owned(string) : VALUE_UNSET;
    }
    case '{':
        if (thread_enter_c(" while decoding a JSON object from a unicode string") < 0) {
            return VALUE_UNSET;
        }
        Value object = NAME(read_object)(scan, i + 1, end);
        thread_leave_c();
        return object;
    case '[':
        if (thread_enter_c(" while decoding a JSON array from a unicode string") < 0) {
            return VALUE_UNSET;
        }
        Value array = NAME(read_array)(scan, i + 1, end);
        thread_leave_c();
        return array;
    default:
        return NAME(read_word_or_number)(scan, i, end);
    }
}

// Looks at what follows an item: the index of the next one (blanks skipped), or of the closing
// character with *closed set, or -1 with an exception.
static inline Py_ssize_t
NAME(after_item)(Scan *scan, Py_ssize_t i, Py_UCS4 close, const char *trailing, bool *closed)
{
    const CHAR *text = scan->text;
    i = NAME(skip_blanks)(scan, i);
    *closed = i < scan->length && text[i] == close;
    if (*closed) {
        return i;
    }
    if (i >= scan->length || text[i] != ',') {
        return scan_error("Expecting ',' delimiter", scan, i);
    }
    Py_ssize_t comma = i;
    i = NAME(skip_blanks)(scan, i + 1);
    if (i < scan->length && text[i] == close) {
        return scan_error(trailing, scan, comma);
    }
    return i;
}

// The items of an array, whose first character after the bracket is at i.
static Value
NAME(read_array)(Scan *scan, Py_ssize_t i, Py_ssize_t *end)
{
    const CHAR *text = scan->text;
    Py_ssize_t base = scan->top;
    i = NAME(skip_blanks)(scan, i);
    bool closed = i < scan->length && text[i] == ']';
    while (!closed) {
        Value item = NAME(read_value)(scan, i, &i);
        if (item == VALUE_UNSET || push_value_steal(scan, item) < 0) {
            goto fail;
        }
        i = NAME(after_item)(scan, i, ']', "Illegal trailing comma before end of array", &closed);
        if (i < 0) {
            goto fail;
        }
    }
    *end = i + 1;
    return finish_array(scan, base);
fail:
    drop_values(scan, base);
    return VALUE_UNSET;
}

// Pushes one key and its value, from the quote of the key at i: the index behind, or -1.
static Py_ssize_t
NAME(read_member)(Scan *scan, Py_ssize_t i)
{
    const CHAR *text = scan->text;
    if (i >= scan->length || text[i] != '"') {
        return scan_error("Expecting property name enclosed in double quotes", scan, i);
    }
    PyObject *key = NAME(read_key)(scan, i + 1, &i);
    if (key == NULL || push_value_steal(scan, value_owned(key)) < 0) {
        return -1;
    }
    i = NAME(skip_blanks)(scan, i);
    if (i >= scan->length || text[i] != ':') {
        return scan_error("Expecting ':' delimiter", scan, i);
    }
    i = NAME(skip_blanks)(scan, i + 1);
    Value value = NAME(read_value)(scan, i, &i);
    return value == VALUE_UNSET || push_value_steal(scan, value) < 0 ? -1 : i;
}

static Value
NAME(read_object)(Scan *scan, Py_ssize_t i, Py_ssize_t *end)
{
    const CHAR *text = scan->text;
    Py_ssize_t base = scan->top;
    i = NAME(skip_blanks)(scan, i);
    bool closed = i < scan->length && text[i] == '}';
    while (!closed) {
        i = NAME(read_member)(scan, i);
        if (i >= 0) {
            i = NAME(after_item)(scan, i, '}', "Illegal trailing comma before end of object", &closed);
        }
        if (i < 0) {
            drop_values(scan, base);
            return VALUE_UNSET;
        }
    }
    *end = i + 1;
    return finish_object(scan, base);
}
